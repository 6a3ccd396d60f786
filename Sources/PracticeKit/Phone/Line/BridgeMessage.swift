internal import JSONWire
internal import Wording

/// What a bridge says on a stream, read as strictly as the carrier does: a field too many or too few, and the message is
/// lost.
public enum BridgeMessage: Hashable, Sendable {
    case media([UInt8])
    case mark(name: String)
    case clear

    /// Why a message is lost, in the carrier's numbers.
    public struct Fault: Error, Hashable, Sendable {
        public static let undecodable = 31_950
        public static let invalid = 31_951
        public static let bufferFull = 31_931

        public let code: Int
        public let text: String
    }

    /// - Parameter stream: Which the message must name; nil where messages name none, as at Telnyx.
    public init(_ text: Span<UInt8>, stream: String?) throws(Fault) {
        let object: JSONObject
        do throws(JSONError) {
            object = try JSONObject(parsing: text)
            self = try Self.read(object, stream: stream)
        } catch {
            throw Fault(code: Fault.invalid, text: "\(error.message) in \(PeerText(text))")
        }
    }

    private static func read(_ object: JSONObject, stream: String?) throws(JSONError) -> BridgeMessage {
        let event = try object.string("event")
        if let stream {
            guard try object.string("streamSid") == stream else { throw .invalidValue("streamSid") }
        } else if object["streamSid"] != nil {
            throw .invalidValue("streamSid")
        }
        switch event {
        case "media":
            let media = try inner("media", of: object)
            try media.allow(["payload"])
            guard let bytes = Base64.decode(try media.string("payload")), !bytes.isEmpty else {
                throw .invalidValue("media.payload")
            }
            return .media(bytes)
        case "mark":
            let mark = try inner("mark", of: object)
            try mark.allow(["name"])
            return .mark(name: try mark.string("name"))
        case "clear":
            try object.allow(["event", "streamSid"])
            return .clear
        default: throw .invalidValue("event")
        }
    }

    private static func inner(_ name: String, of object: JSONObject) throws(JSONError) -> JSONObject {
        try object.allow(["event", "streamSid", name])
        return try object.object(name)
    }
}

extension JSONObject {
    fileprivate func allow(_ names: [String]) throws(JSONError) {
        for member in members where !names.contains(member.name) { throw .invalidValue(member.name) }
    }
}
