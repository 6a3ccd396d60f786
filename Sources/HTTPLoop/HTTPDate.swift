internal import Glibc
internal import Timeline

/// The text of a Date header (RFC 9110 section 5.6.7), made once a second. For one loop.
struct HTTPDate {
    private var second: Int?
    private var kept = ""

    /// - Parameter now: Seconds since 1970.
    mutating func text(at now: Int) -> String {
        guard now != second else { return kept }
        second = now
        kept = UTCTime(millisecondsSince1970: Int64(now) * 1_000).httpDate
        return kept
    }

    mutating func text() -> String {
        text(at: time(nil))
    }
}
