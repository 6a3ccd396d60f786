import Testing
import Timeline

@Suite("Retry-After")
struct RetryAfterTests {
    @Test(
        "Says seconds or a date",
        arguments: [
            ("0", .zero), ("120", .seconds(120)), ("999999999", .seconds(999_999_999)),
            ("Fri, 20 Nov 2026 04:19:37 GMT", .seconds(30)),
            ("Fri, 20 Nov 2026 04:19:00 GMT", .zero), ("", nil), ("-1", nil), ("1.5", nil), ("9999999999", nil),
            ("soon", nil),
            ("+5", nil),
        ] as [(String, Duration?)])
    func reads(text: String, duration: Duration?) {
        let now = UTCTime(millisecondsSince1970: 1_795_148_347_000)
        #expect(Duration(retryAfter: text, now: now) == duration)
    }
}
