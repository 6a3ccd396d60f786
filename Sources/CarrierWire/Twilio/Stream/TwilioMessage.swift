internal import JSONWire
internal import Wording

/// Reads the messages that Twilio sends on a media stream.
public enum TwilioMessage {
    /// Reads one message in one pass and, for audio, without allocating. Members in any order; those not known are
    /// passed over. The text must be UTF-8, as WebSocket text is.
    public static func read(_ text: Span<UInt8>) throws(CarrierError) -> CarrierMessage {
        do throws(JSONError) {
            let scan = try TwilioScan(text)
            guard try !scan.isMedia(in: text) else { return .media(try scan.media(in: text)) }
            return try rare(JSONObject(parsing: text))
        } catch {
            throw .message(error)
        }
    }

    /// All but audio: a few a call, so read at leisure.
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
        case "dtmf": return .digit(try digit(message.object("dtmf"), origin))
        case "mark": return .mark(name: try message.object("mark").string("name"), origin)
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
            tracks: (try start.optionalArray("tracks") ?? []).compactMap {
                guard case .string(let track) = $0 else { return nil }
                return track
            },
            format: try format(start.object("mediaFormat")),
            parameters: try parameters(start.optionalObject("customParameters")),
            sequence: origin.sequence)
    }

    private static func format(_ format: JSONObject) throws(JSONError) -> CarrierMediaFormat {
        guard let sampleRate = try format.decimal("sampleRate") else { throw .missing("sampleRate") }
        return CarrierMediaFormat(
            encoding: try format.string("encoding"), sampleRate: sampleRate,
            channels: try format.decimal("channels") ?? 1)
    }

    private static func parameters(_ parameters: JSONObject?) throws(JSONError) -> [String: String] {
        var values: [String: String] = [:]
        for member in parameters?.members ?? [] {
            guard case .string(let value) = member.value else {
                throw .wrongType(member.name, expected: .string, found: member.value.kind)
            }
            values[member.name] = value
        }
        return values
    }

    private static func digit(_ dtmf: JSONObject, _ origin: CarrierOrigin) throws(JSONError) -> CarrierDigit {
        let digit = try dtmf.string("digit")
        guard digit.utf8.count == 1, let first = digit.first, "0123456789*#ABCD".contains(first) else {
            throw .invalidValue("digit")
        }
        return CarrierDigit(
            digit: first, track: try dtmf.optionalString("track").map(CarrierTrack.init(twilio:)), origin: origin)
    }
}

extension CarrierTrack {
    /// Media says `inbound` where digits say `inbound_track`.
    init(twilio word: String) {
        switch word {
        case "inbound", "inbound_track": self = .inbound
        case "outbound", "outbound_track": self = .outbound
        default: self = .other
        }
    }
}

extension JSONObject {
    /// A whole number, as JSON number or as a string of digits: Twilio uses both.
    fileprivate func decimal(_ name: String) throws(JSONError) -> Int64? {
        switch self[name] {
        case nil, .null: return nil
        case .number(let number):
            guard let value = Int64(number.text), value >= 0 else { throw .invalidValue(name) }
            return value
        case .string(let digits):
            let isDigits = digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard isDigits, let value = Int64(digits) else { throw .invalidValue(name) }
            return value
        case let other?: throw .wrongType(name, expected: .string, found: other.kind)
        }
    }
}
