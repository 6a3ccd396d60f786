internal import Timeline
internal import Wording

/// What an error asks for. The one place that reads OpenAI's codes and words: by code, else by type, else by message.
enum OpenAIErrorMeaning: Hashable {
    /// Over; the session will be closed.
    case fatal(UpstreamFailure)
    /// A response is active already, so ours has to wait.
    case responseIsActive
    /// Nothing was there to cancel or to commit.
    case nothingToDo
    case truncationRefused
    /// The account's limit; it may pass in the time that the message names.
    case throttled(wait: Duration?)
    /// OpenAI's own fault; one more attempt makes sense.
    case serverError
    case other

    init(_ error: OpenAIError) {
        self = Self.known(error.code, error) ?? Self.known(error.type, error) ?? Self.byMessage(error) ?? .other
    }

    private static func known(_ name: String?, _ error: OpenAIError) -> OpenAIErrorMeaning? {
        guard let name, let entry = table[name] else { return nil }
        return switch entry {
        case .failure(let make): .fatal(make(error.detail))
        case .throttled: .throttled(wait: waitNamed(in: error.message))
        case .meaning(let meaning): meaning
        }
    }

    private enum Entry: Sendable {
        case failure(@Sendable (PeerText) -> UpstreamFailure)
        case throttled
        case meaning(OpenAIErrorMeaning)
    }

    private static let table: [String: Entry] = [
        "invalid_api_key": .failure { .invalidCredentials(detail: $0) },
        "account_deactivated": .failure { .accountDisabled(detail: $0) },
        "insufficient_quota": .failure { .quotaExhausted(detail: $0) },
        "credit_balance_exhausted": .failure { .quotaExhausted(detail: $0) },
        "billing_hard_limit_reached": .failure { .quotaExhausted(detail: $0) },
        "model_not_found": .failure { .notFound(detail: $0) },
        "missing_model": .failure { .configurationRefused(detail: $0) },
        "beta_api_shape_disabled": .failure { .configurationRefused(detail: $0) },
        "session_expired": .failure { .sessionExpired(detail: $0) },
        "conversation_already_has_active_response": .meaning(.responseIsActive),
        "response_cancel_not_active": .meaning(.nothingToDo),
        "input_audio_buffer_commit_empty": .meaning(.nothingToDo),
        "item_truncate_invalid_item_id": .meaning(.truncationRefused),
        "item_retrieve_invalid_item_id": .meaning(.nothingToDo),
        "rate_limit_exceeded": .throttled,
        "inference_rate_limit_exceeded": .throttled,
        "rate_limit_error": .throttled,
        "slow_down": .throttled,
        "server_error": .meaning(.serverError),
        "server_is_overloaded": .meaning(.serverError),
        "service_unavailable_error": .meaning(.serverError),
    ]

    /// These were seen without a code.
    private static func byMessage(_ error: OpenAIError) -> OpenAIErrorMeaning? {
        if error.message.contains("already has an active response") { return .responseIsActive }
        if error.message.contains("no active response found") { return .nothingToDo }
        if error.message.contains("is already shorter than")
            || error.message.contains("Only model output audio messages can be truncated")
        {
            return .truncationRefused
        }
        return nil
    }

    /// The time in "Please try again in 1.2s", "in 20ms" or "in 6m0s"; nil where none is named.
    static func waitNamed(in message: String) -> Duration? {
        guard let phrase = message.firstRange(of: "try again in ") else { return nil }
        var rest = message[phrase.upperBound...]
        var seconds: Double?
        while let (part, unit) = takeNumber(from: &rest), let scale = units[unit] {
            seconds = (seconds ?? 0) + part * scale
        }
        return seconds.flatMap { Duration(seconds: $0) }
    }

    private static let units: [Substring: Double] = ["ms": 0.001, "s": 1, "m": 60, "h": 3_600]

    private static func takeNumber(from text: inout Substring) -> (Double, Substring)? {
        let digits = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        // A full stop may end the sentence right behind the unit; it belongs to no number.
        guard let number = Double(digits) else { return nil }
        text = text[digits.endIndex...]
        let unit = text.prefix { $0.isLetter }
        text = text[unit.endIndex...]
        return (number, unit)
    }
}
