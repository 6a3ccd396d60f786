import Testing
import UpstreamWire
import Wording

@Suite("OpenAI endings")
struct OpenAIEndingTests {
    @Test(
        "A close code and its words say what to do next",
        arguments: [
            (1000, "", "upstream.closed_normally", .finished),
            (1001, "Your session hit the maximum duration of 60 minutes.", "upstream.session_expired", .renew),
            (1001, "going away", "upstream.connection_lost", .retry(after: nil)),
            (1005, "", "upstream.connection_lost", .retry(after: nil)),
            (1006, "", "upstream.connection_lost", .retry(after: nil)),
            (1011, "internal", "upstream.server_error", .retry(after: nil)),
            (1012, "", "upstream.overloaded", .retry(after: nil)),
            (1013, "", "upstream.overloaded", .retry(after: nil)),
            (1015, "", "upstream.connection_lost", .retry(after: nil)),
            (1009, "", "upstream.protocol_error", .fallBack),
            (1008, "no", "upstream.policy", .giveUp),
            (3000, "invalid_request_error.invalid_api_key", "upstream.invalid_credentials", .fallBack),
            (3000, "", "upstream.invalid_credentials", .fallBack),
            (4000, "invalid_request_error.beta_api_shape_disabled", "upstream.configuration_refused", .fallBack),
            (4000, "invalid_request_error.missing_model", "upstream.configuration_refused", .fallBack),
            (4000, "insufficient_quota.insufficient_quota", "upstream.quota_exhausted", .quota),
            (4004, "invalid_request_error.model_not_found", "upstream.not_found", .fallBack),
            (4004, "gone", "upstream.not_found", .fallBack),
            (4999, "what", "upstream.configuration_refused", .fallBack),
        ] as [(UInt16, String, String, UpstreamReason)])
    func closeCodes(code: UInt16, reason: String, failure: String, next: UpstreamReason) {
        let ending = OpenAIEnding.failure(closeCode: code, reason: reason)
        #expect(ending.code == failure)
        #expect(ending.reason == next)
        #expect(!ending.message.isEmpty)
        #expect(ending.detail.description.contains(reason) || ending.detail.description.contains("_"))
    }

    @Test(
        "A refused upgrade is read by its body first and by its status then",
        arguments: [
            (400, "", "upstream.configuration_refused", .fallBack),
            (401, "", "upstream.invalid_credentials", .fallBack),
            (403, "<html>no</html>", "upstream.forbidden", .fallBack),
            (404, "{}", "upstream.not_found", .fallBack),
            (302, "", "upstream.not_found", .fallBack),
            (408, "", "upstream.server_error", .retry(after: nil)),
            (429, "", "upstream.rate_limited", .retry(after: nil)),
            (429, error("insufficient_quota", "null"), "upstream.quota_exhausted", .quota),
            (429, error("requests", #""credit_balance_exhausted""#), "upstream.quota_exhausted", .quota),
            (429, error("requests", #""rate_limit_exceeded""#), "upstream.rate_limited", .retry(after: .seconds(1.5))),
            (400, error("invalid_request_error", #""model_not_found""#), "upstream.not_found", .fallBack),
            (401, error("invalid_request_error", #""invalid_api_key""#), "upstream.invalid_credentials", .fallBack),
            (400, error("invalid_request_error", #""odd""#), "upstream.configuration_refused", .fallBack),
            (400, error("invalid_request_error", "17"), "upstream.configuration_refused", .fallBack),
            (500, "", "upstream.server_error", .retry(after: nil)),
            (502, "", "upstream.server_error", .retry(after: nil)),
            (503, "", "upstream.overloaded", .retry(after: nil)),
            (200, "", "upstream.protocol_error", .fallBack),
        ] as [(Int, String, String, UpstreamReason)])
    func refusals(status: Int, body: String, failure: String, next: UpstreamReason) {
        let ending = OpenAIEnding.failure(httpStatus: status, body: body.utf8.span) { _ in nil }
        #expect(ending.code == failure)
        #expect(ending.reason == next)
    }

    @Test(
        "A refusal that names a time is heard",
        arguments: [
            ([:], nil), (["retry-after": "3"], .seconds(3)), (["retry-after-ms": "250"], .milliseconds(250)),
            (["retry-after-ms": "250", "retry-after": "3"], .milliseconds(250)),
            (["retry-after": "Fri, 20 Nov 2026 08:00:09 GMT"], nil),
            (["retry-after": "Fri, 20 Nov 2026 08:00:09 GMT", "date": "Fri, 20 Nov 2026 08:00:00 GMT"], .seconds(9)),
            (["retry-after": "Fri, 20 Nov 2026 08:00:00 GMT", "date": "Fri, 20 Nov 2026 08:00:09 GMT"], .zero),
            (["retry-after": "soon", "date": "Fri, 20 Nov 2026 08:00:09 GMT"], nil), (["retry-after": "-1"], .zero),
            (["retry-after": "1e300"], nil), (["retry-after": "nan"], nil),
        ] as [([String: String], Duration?)])
    func retryAfter(headers: [String: String], after: Duration?) {
        let ending = OpenAIEnding.failure(httpStatus: 429, body: "".utf8.span) { headers[$0] }
        #expect(ending.reason == .retry(after: after))
    }

    @Test(
        "A message that names a time is heard",
        arguments: [
            ("Please try again in 20ms.", .milliseconds(20)), ("try again in 1.2s. Visit …", .milliseconds(1_200)),
            ("try again in 6m0s", .seconds(360)), ("try again in 1h2m", .seconds(3_720)),
            ("try again in a while", nil), ("try again in 5 parsecs", nil), ("later", nil),
        ] as [(String, Duration?)])
    func waits(message: String, wait: Duration?) {
        let body = #"{"error":{"type":"rate_limit_error","code":null,"message":""# + message + #""}}"#
        let ending = OpenAIEnding.failure(httpStatus: 429, body: body.utf8.span) { _ in nil }
        #expect(ending.reason == .retry(after: wait))
    }

    @Test("What the vendor says is shown escaped and never decides")
    func detail() {
        let ending = OpenAIEnding.failure(closeCode: 1006, reason: "insufficient_quota\u{1B}[31m")
        #expect(ending.reason == .retry(after: nil))
        #expect(!ending.detail.description.unicodeScalars.contains("\u{1B}"))
    }

    private static func error(_ type: String, _ code: String) -> String {
        #"{"error":{"message":"Please try again in 1.5s","type":""# + type + #"","param":null,"code":"# + code + "}}"
    }
}
