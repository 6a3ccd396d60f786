internal import JSONWire
internal import Wording

/// Why OpenAI took us not in, or threw us out: close codes and HTTP answers.
public enum OpenAIEnding {
    /// - Parameters:
    ///   - code: As it was on the wire; 1005 and 1006 stand for none.
    ///   - reason: Often `<error type>.<error code>`.
    public static func failure(closeCode code: UInt16, reason: String) -> UpstreamFailure {
        let detail = PeerText(reason.isEmpty ? "close code \(code)" : "close code \(code): \(reason)")
        if code != 1000, let named = failure(named: reason) { return named }
        switch code {
        case 1000: return .closedNormally(detail: detail)
        case 1001 where reason.contains("maximum duration"): return .sessionExpired(detail: detail)
        case 1002, 1003, 1007, 1009: return .protocolError(detail: detail)
        case 1008: return .policy(detail: detail)
        case 1011: return .serverError(after: nil, detail: detail)
        case 1012, 1013: return .overloaded(after: nil, detail: detail)
        case 3000: return .invalidCredentials(detail: detail)
        case 4004: return .notFound(detail: detail)
        case 4000...4999: return .configurationRefused(detail: detail)
        default: return .connectionLost(detail: detail)
        }
    }

    private static func failure(named reason: String) -> UpstreamFailure? {
        let parts = reason.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let type = parts.first, let code = parts.last else { return nil }
        return failure(for: OpenAIError(type: String(type), code: String(code)), after: nil)
    }

    /// - Parameters:
    ///   - status: Of an answer that is no upgrade.
    ///   - body: Often an error object, but proxies answer in HTML or not at all.
    ///   - header: The value of a header, whatever the case of its name.
    public static func failure(
        httpStatus status: Int, body: Span<UInt8>, header: (String) -> String?
    ) -> UpstreamFailure {
        let after = UpstreamFailure.wait(in: header)
        let error = error(in: body)
        if let error, let failure = failure(for: error, after: after) { return failure }
        let detail = error?.detail ?? PeerText("HTTP status \(status)")
        return UpstreamFailure(httpStatus: status, after: after, detail: detail)
    }

    /// Nil where the names decide nothing and the status has to.
    private static func failure(for error: OpenAIError, after: Duration?) -> UpstreamFailure? {
        switch OpenAIErrorMeaning(error) {
        case .fatal(let failure): failure
        case .throttled(let wait): .rateLimited(after: after ?? wait, detail: error.detail)
        case .serverError: .serverError(after: after, detail: error.detail)
        case .responseIsActive, .nothingToDo, .truncationRefused, .other: nil
        }
    }

    /// Nil where the body is not OpenAI's own, but a proxy's: then the status decides.
    private static func error(in body: Span<UInt8>) -> OpenAIError? {
        guard let whole = try? JSONObject(parsing: body), let object = try? whole.object("error") else { return nil }
        return try? OpenAIError(object)
    }
}
