internal import JSONWire

/// What ends a conversation in the service's words. Whatever it is, the socket is closed after it.
struct ElevenLabsError: Error, Hashable {
    let type: String
    /// The close reason, too: at most 123 bytes of it.
    let message: String

    private static let clientsFault = [
        "unknown", "invalid_message", "telephony_agent_error", "mcp_tool_error", "mcp_https_error", "value_error",
        "missing_fields", "override_error", "missing_dynamic_variable", "missing_dynamic_variable_transfer",
    ]
    private static let operational = [
        "safety_violation", "llm_timeout", "transport_receive_timeout", "asyncio_timeout", "http_exception",
        "llm_error", "custom_llm_error", "cascade_brain_error", "asr_transcription_error", "vad_error",
        "turn_probability_error", "tts_cascade_error", "redis_timeout_error",
    ]

    static let types = clientsFault + operational + ["max_duration_exceeded", "unknown_websocket_crash"]

    var code: UInt16 {
        if Self.clientsFault.contains(type) { return 1_008 }
        if Self.operational.contains(type) { return 1_002 }
        return type == "max_duration_exceeded" ? 1_000 : 1_011
    }

    var closing: Mischief.Letter { .close(code: code, reason: Self.reason(message)) }

    /// An error event in its usual form.
    var event: JSONValue {
        [
            "type": "error",
            "error_event": [
                "code": .integer(Int(code)), "message": .string(message), "error_type": .string(type),
                "reason": .string(message), "debug_message": nil, "details": [:],
            ],
        ]
    }

    /// As much of a text as a close frame holds.
    private static func reason(_ text: String) -> String {
        var reason = text
        while reason.utf8.count > 123 { reason.removeLast() }
        return reason
    }

    static func invalid(_ message: String) -> ElevenLabsError {
        ElevenLabsError(type: "invalid_message", message: "Invalid message received: \(message)")
    }
}

/// Members of the client's messages, under the errors that the service has for them.
extension JSONObject {
    func needed(_ name: String) throws(ElevenLabsError) -> JSONValue {
        guard let value = self[name], value != .null else {
            throw ElevenLabsError(type: "missing_fields", message: "Missing required field '\(name)'.")
        }
        return value
    }

    func neededText(_ name: String) throws(ElevenLabsError) -> String {
        guard case .string(let text) = try needed(name) else { throw .invalid("'\(name)' must be a string.") }
        return text
    }

    /// Nil where it is absent or null.
    func objectIfPresent(_ name: String) throws(ElevenLabsError) -> JSONObject? {
        guard let value = self[name], value != .null else { return nil }
        guard case .object(let object) = value else { throw .invalid("'\(name)' must be an object.") }
        return object
    }
}
