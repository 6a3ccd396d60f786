internal import JSONWire
internal import Wording

/// What the server says is wrong, before it ends the conversation or instead. Nothing in it is sure to be there.
public struct ElevenLabsError: Hashable, Sendable {
    /// The close code that will follow.
    public var code: Int?
    /// Such as `llm_timeout`.
    public var type: String?
    public var message: String

    public init(code: Int? = nil, type: String? = nil, message: String = "") {
        self.code = code
        self.type = type
        self.message = message
    }

    /// Members of another type than promised count as missing: this is read when something goes wrong already.
    init(_ object: JSONObject) {
        code = ((try? object.whole("code")) ?? nil) ?? Self.text(object, "code").flatMap { Int($0) }
        type = Self.text(object, "error_type") ?? Self.text(object, "error_name")
        message =
            ["message", "reason", "debug_message"].compactMap { Self.text(object, $0) }.first { !$0.isEmpty } ?? ""
    }

    private static func text(_ object: JSONObject, _ name: String) -> String? {
        guard case .string(let text) = object[name] else { return nil }
        return text
    }

    /// On one line, for people.
    var detail: PeerText {
        PeerText([type, message.isEmpty ? nil : message].compactMap { $0 }.joined(separator: ": "))
    }
}
