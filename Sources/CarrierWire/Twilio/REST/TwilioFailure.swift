internal import JSONWire
public import Wording

/// An answer of Twilio's REST API that is not what was asked for, in its own words and in ours.
public struct TwilioFailure: Hashable, Sendable {
    /// What to do about it.
    public enum Reason: Hashable, Sendable {
        /// Twilio's side is at fault, now.
        case retry
        /// Too much at once. It was not acted upon, so trying again is safe; after this time, where one was named.
        case wait(Duration?)
        /// No such thing, or a call that is over. For a hang-up that is success.
        case gone
        /// The account or its key is refused: nothing will work until somebody repairs it.
        case credentials
        /// Asking again would get the same answer.
        case permanent
    }

    public let httpStatus: Int
    /// Twilio's own number for the error.
    public let twilioCode: Int64?
    /// What Twilio said, or the beginning of whatever came instead. Fit for logs: it may repeat a number, so they are
    /// masked.
    public let detail: PeerText
    public let moreInfo: PeerText?
    public let reason: Reason

    /// Whether what was asked for may have happened all the same: look before asking again.
    public var mayHaveActed: Bool { httpStatus < 300 || httpStatus >= 500 || httpStatus == 408 }

    /// For people: what happened and what to do.
    var sentence: String {
        let usual =
            switch reason {
            case .retry: "It may work later."
            case .wait: "Fewer requests at once would help."
            case .gone: "What was asked for does not exist, or is over."
            case .credentials: "Check the account SID, the auth token or API key, and whether the account is active."
            case .permanent: "It would be refused again."
            }
        let advice = twilioCode.flatMap { TwilioErrorWords.advice(on: $0) } ?? usual
        let code = twilioCode.map { ", code \($0)" } ?? ""
        return "Twilio answered \(httpStatus)\(code): \(detail). \(advice)"
    }

    init(httpStatus: Int, body: Span<UInt8>, retryAfter: Duration?) {
        // Whoever stands between us and Twilio answers in a form of its own: what cannot be read is left out.
        let problem = try? JSONObject(parsing: body)
        self.httpStatus = httpStatus
        // Older APIs say `message` and `more_info`; newer ones answer problem documents (RFC 9457).
        twilioCode = problem.flatMap(Self.code)
        let said = ["message", "detail", "title"].lazy.compactMap { name in
            (try? problem?.optionalString(name)).flatMap { $0.isEmpty ? nil : $0 }
        }.first
        detail = PeerText(PhoneNumber.masking(in: said ?? Self.beginning(of: body)))
        moreInfo = (try? problem?.optionalString("more_info")).map { PeerText($0) }
        reason = Self.reason(httpStatus: httpStatus, code: twilioCode, retryAfter: retryAfter)
    }

    /// As much as can be shown.
    private static func beginning(of body: Span<UInt8>) -> String {
        let count = min(body.count, PeerText.limit)
        return String(decoding: (0..<count).map { body[$0] }, as: UTF8.self)
    }

    private static func code(_ problem: JSONObject) -> Int64? {
        switch problem["code"] {
        case .number(let number): number.integer
        case .string(let text): Int64(text)
        case nil, .null, .bool, .array, .object: nil
        }
    }

    /// The code says more than the HTTP status, which is not documented beside each of them.
    private static func reason(httpStatus: Int, code: Int64?, retryAfter: Duration?) -> Reason {
        switch code {
        case 20429, 10004: return .wait(retryAfter)
        case 20404, 21220: return .gone
        case 20003, 20005, 10001, 90010: return .credentials
        case 20500, 20503: return retryAfter.map { .wait($0) } ?? .retry
        default: break
        }
        switch httpStatus {
        case 429: return .wait(retryAfter)
        case 404, 410: return .gone
        case 401, 403: return .credentials
        // What went well but cannot be read is no better than what failed half-way.
        case ..<300, 408, 500...: return retryAfter.map { .wait($0) } ?? .retry
        default: return .permanent
        }
    }
}
