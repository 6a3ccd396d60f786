internal import JSONWire
internal import Wording

/// Reads the messages that Twilio sends on a media stream.
public enum TwilioMessage {
    /// Reads one message in one pass and, for audio and marks, without allocating. Members in any order; those not known are
    /// passed over. The text must be UTF-8, as WebSocket text is.
    public static func read(_ text: Span<UInt8>) throws(CarrierError) -> CarrierMessage {
        do throws(JSONError) {
            let scan = try MediaScan(text, MediaScan.Names(stream: "streamSid", sequence: "sequenceNumber"))
            switch try scan.event(in: text) {
            case .media: return .media(try scan.media(in: text))
            case .mark: return .mark(try scan.mark(in: text))
            case .other: return try rare(JSONObject(parsing: text))
            }
        } catch {
            throw .message(error)
        }
    }

    /// All but audio and marks: a few a call, so read at leisure.
    private static func rare(_ message: JSONObject) throws(JSONError) -> CarrierMessage {
        let event = try message.string("event")
        let origin = CarrierOrigin(
            stream: try message.optionalString("streamSid"), sequence: try message.decimal("sequenceNumber"))
        switch event {
        case "connected":
            return .connected(
                CarrierGreeting(
                    name: try message.optionalString("protocol"), version: try message.optionalString("version")))
        case "start": return .start(try start(message.object("start"), origin))
        case "dtmf": return .digit(try CarrierDigit(message.object("dtmf"), origin))
        case "stop": return .stop(origin)
        default: return .unknown(event: PeerText(event), origin)
        }
    }

    private static func start(_ start: JSONObject, _ origin: CarrierOrigin) throws(JSONError) -> CarrierStart {
        let inner = try start.optionalString("streamSid")
        guard let stream = inner ?? origin.stream else { throw .missing("streamSid") }
        // It stands in the message twice, and both must name the same stream.
        guard CarrierIdentifier.isSane(stream), stream == origin.stream ?? stream else {
            throw .invalidValue("streamSid")
        }
        let call = try start.string("callSid")
        guard CarrierIdentifier.isSane(call) else { throw .invalidValue("callSid") }
        return CarrierStart(
            stream: stream, call: call, account: try start.optionalString("accountSid"),
            from: nil, to: nil, tracks: (try start.optionalArray("tracks") ?? []).compactMap(\.text),
            format: try CarrierMediaFormat(start.object("mediaFormat"), sampleRate: "sampleRate"),
            parameters: try start.optionalObject("customParameters")?.texts() ?? [:],
            sequence: origin.sequence)
    }
}
