internal import JSONWire
internal import Wording

/// Reads the messages that Telnyx sends on a media stream.
public enum TelnyxMessage {
    /// As `TwilioMessage.read`.
    public static func read(_ text: Span<UInt8>) throws(CarrierError) -> CarrierMessage {
        do throws(JSONError) {
            let scan = try MediaScan(text, MediaScan.Names(stream: "stream_id", sequence: "sequence_number"))
            switch try scan.event(in: text) {
            case .media: return .media(try scan.media(in: text))
            case .mark: return .mark(try scan.mark(in: text))
            case .other: return try rare(JSONObject(parsing: text))
            }
        } catch {
            throw .message(error)
        }
    }

    private static func rare(_ message: JSONObject) throws(JSONError) -> CarrierMessage {
        let event = try message.string("event")
        let origin = CarrierOrigin(
            stream: try message.optionalString("stream_id"), sequence: try message.decimal("sequence_number"))
        switch event {
        case "connected":
            return .connected(CarrierGreeting(name: nil, version: try message.optionalString("version")))
        case "start": return .start(try start(message.object("start"), origin))
        case "dtmf": return .digit(try CarrierDigit(message.object("dtmf"), origin))
        case "stop": return .stop(origin)
        case "error": return .trouble(try trouble(message.optionalObject("payload")), origin)
        default: return .unknown(event: PeerText(event), origin)
        }
    }

    private static func start(_ start: JSONObject, _ origin: CarrierOrigin) throws(JSONError) -> CarrierStart {
        guard let stream = origin.stream else { throw .missing("stream_id") }
        guard CarrierIdentifier.isSane(stream) else { throw .invalidValue("stream_id") }
        let call = try start.string("call_control_id")
        guard CarrierIdentifier.isSane(call) else { throw .invalidValue("call_control_id") }
        return CarrierStart(
            stream: stream, call: call, account: try start.optionalString("user_id"),
            from: try start.optionalString("from"), to: try start.optionalString("to"), tracks: [],
            format: try CarrierMediaFormat(start.object("media_format"), sampleRate: "sample_rate"),
            parameters: try start.optionalObject("custom_parameters")?.texts() ?? [:], sequence: origin.sequence)
    }

    /// Whatever of it can be read: what the carrier complains about must not get lost for its form.
    private static func trouble(_ payload: JSONObject?) throws(JSONError) -> CarrierTrouble {
        let words = [payload?["title"]?.text, payload?["detail"]?.text].compactMap(\.self)
        return CarrierTrouble(
            code: try? payload?.decimal("code"), text: PeerText(words.joined(separator: ": ")))
    }
}
