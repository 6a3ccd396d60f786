internal import JSONWire
internal import Timeline
internal import Wording

/// Why ElevenLabs took us not in, or ended a conversation. The one place that reads its codes and words.
public enum ElevenLabsEnding {
    /// - Parameters:
    ///   - code: As it was on the wire; 1005 and 1006 stand for none.
    ///   - reason: The best that there is to tell what happened.
    ///   - error: What an `error` event said before.
    public static func failure(
        closeCode code: UInt16, reason: String, after error: ElevenLabsError? = nil
    ) -> UpstreamFailure {
        let detail = detail(code, reason, error)
        if let type = error?.type, let make = byType[type] { return make(detail) }
        if let failure = byWords("\(reason) \(error?.message ?? "")".lowercased(), detail) { return failure }
        // An end without a reason says less than the error before it.
        let told = error?.code.flatMap { UInt16(exactly: $0) }
        switch [1000, 1005, 1006].contains(code) ? told ?? code : code {
        case 1000: return .closedNormally(detail: detail)
        case 1002, 1011: return .serverError(after: nil, detail: detail)
        case 1003, 1007, 1009: return .protocolError(detail: detail)
        case 1008: return .configurationRefused(detail: detail)
        case 1012, 1013, 4300: return .overloaded(after: nil, detail: detail)
        case 3000: return .forbidden(detail: detail)
        default: return .connectionLost(detail: detail)
        }
    }

    private static func detail(_ code: UInt16, _ reason: String, _ error: ElevenLabsError?) -> PeerText {
        let words = [reason, error?.detail.description ?? ""].filter { !$0.isEmpty }
        return PeerText((["close code \(code)"] + words).joined(separator: ": "))
    }

    // MARK: names and words

    private typealias Make = @Sendable (PeerText) -> UpstreamFailure

    private static let byType: [String: Make] = {
        let groups: [([String], Make)] = [
            (["max_duration_exceeded"], { .sessionExpired(detail: $0) }),
            (["quota_exceeded"], { .quotaExhausted(detail: $0) }),
            (["safety_violation"], { .policy(detail: $0) }),
            (["websocket_disconnect"], { .connectionLost(detail: $0) }),
            // The server heard nothing for a minute, although we send silence, too.
            (["invalid_message", "transport_receive_timeout"], { .protocolError(detail: $0) }),
            (["override_error"], { .overrideRefused(detail: $0) }),
            (
                [
                    "missing_dynamic_variable", "missing_dynamic_variable_transfer", "missing_fields",
                    "value_error", "telephony_agent_error", "mcp_tool_error", "mcp_https_error", "custom_llm_error",
                ], { .configurationRefused(detail: $0) }
            ),
        ]
        var table: [String: Make] = [:]
        for (names, make) in groups { for name in names { table[name] = make } }
        return table
    }()

    /// In the order in which they count: an account that has run out says so whatever the code is, and so does a
    /// conversation that reached its longest.
    private static let words: [(String, Make)] = [
        ("quota", { .quotaExhausted(detail: $0) }),
        ("maximum duration", { .sessionExpired(detail: $0) }),
        ("max_duration", { .sessionExpired(detail: $0) }),
        ("override for field", { .overrideRefused(detail: $0) }),
        ("dynamic variable", { .configurationRefused(detail: $0) }),
        ("missing_dynamic_variable", { .configurationRefused(detail: $0) }),
        ("misconfigured", { .configurationRefused(detail: $0) }),
        ("does not exist", { .notFound(detail: $0) }),
        ("too_many_concurrent_requests", { .rateLimited(after: nil, detail: $0) }),
        ("too many concurrent", { .rateLimited(after: nil, detail: $0) }),
        ("system_busy", { .overloaded(after: nil, detail: $0) }),
    ]

    private static func byWords(_ text: String, _ detail: PeerText) -> UpstreamFailure? {
        words.first { text.contains($0.0) }?.1(detail)
    }

    // MARK: HTTP

    /// - Parameters:
    ///   - status: Of an answer without a signed URL, or of one that is no upgrade.
    ///   - body: Often `{"detail":{"status":…,"message":…}}`.
    ///   - header: The value of a header, whatever the case of its name.
    public static func failure(
        httpStatus status: Int, body: Span<UInt8>, header: (String) -> String?
    ) -> UpstreamFailure {
        let after = UpstreamFailure.wait(in: header)
        let (name, message) = told(in: body)
        let words = [name, message].compactMap { $0 }.joined(separator: ": ")
        let detail = PeerText(words.isEmpty ? "HTTP status \(status)" : words)
        switch name {
        case "quota_exceeded": return .quotaExhausted(detail: detail)
        case "invalid_api_key": return .invalidCredentials(detail: detail)
        case "system_busy": return .overloaded(after: after, detail: detail)
        case "too_many_concurrent_requests": return .rateLimited(after: after, detail: detail)
        default: return UpstreamFailure(httpStatus: status, after: after, detail: detail)
        }
    }

    private static func told(in body: Span<UInt8>) -> (name: String?, message: String?) {
        guard let whole = try? JSONObject(parsing: body) else { return (nil, nil) }
        if case .string(let text) = whole["detail"] { return (nil, text) }
        guard case .object(let detail) = whole["detail"] else { return (nil, nil) }
        func text(_ name: String) -> String? {
            guard case .string(let text) = detail[name] else { return nil }
            return text
        }
        return (text("status"), text("message"))
    }
}
