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
        if let bytes = Self.plainMedia(text, stream) {
            self = .media(bytes)
            return
        }
        let object: JSONObject
        do throws(JSONError) {
            object = try JSONObject(parsing: text)
            self = try Self.read(object, stream: stream)
        } catch {
            throw Fault(code: Fault.invalid, text: "\(error.message) in \(PeerText(text))")
        }
    }

    private static let mediaHead = Array(#"{"event":"media","streamSid":""#.utf8)
    private static let mediaBody = Array(#"","media":{"payload":""#.utf8)
    private static let namelessHead = Array(#"{"event":"media","media":{"payload":""#.utf8)
    private static let mediaTail = Array(#""}}"#.utf8)

    /// Audio as most bridges write it, to the byte; nil for anything else, which is then read with all care.
    private static func plainMedia(_ text: Span<UInt8>, _ name: String?) -> [UInt8]? {
        let tail = mediaTail.span
        let end = text.count - tail.count
        guard let start = headEnd(of: text, name), start < end, text.shows(tail, at: end) else { return nil }
        return Base64.decode(text.extracting(start..<end))
    }

    /// Where the audio begins; nil where what stands before it is none of the two beginnings.
    private static func headEnd(of text: Span<UInt8>, _ name: String?) -> Int? {
        let head = name == nil ? namelessHead.span : mediaHead.span
        guard text.begins(with: head) else { return nil }
        guard let name else { return head.count }
        let stream = name.utf8.span
        let body = mediaBody.span
        let end = head.count + stream.count + body.count
        let isNamed =
            end <= text.count && text.shows(stream, at: head.count) && text.shows(body, at: head.count + stream.count)
        return isNamed ? end : nil
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

extension Span<UInt8> {
    fileprivate func begins(with head: Span<UInt8>) -> Bool { count >= head.count && shows(head, at: 0) }

    fileprivate func shows(_ bytes: Span<UInt8>, at place: Int) -> Bool {
        for index in bytes.indices where self[place + index] != bytes[index] { return false }
        return true
    }
}

extension JSONObject {
    fileprivate func allow(_ names: [String]) throws(JSONError) {
        for member in members where !names.contains(member.name) { throw .invalidValue(member.name) }
    }
}
