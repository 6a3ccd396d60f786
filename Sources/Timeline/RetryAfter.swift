extension Duration {
    /// What a Retry-After header says: seconds, or a date, which is read against `now`; nil where it says neither.
    /// Never below zero.
    public init?(retryAfter text: some StringProtocol, now: UTCTime) {
        let digits = text.utf8
        if !digits.isEmpty, digits.count <= 9,
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let seconds = Int64(text)
        {
            self = .seconds(seconds)
        } else if let date = UTCTime(rfc2822: text) {
            self = .milliseconds(max(0, date.millisecondsSince1970 - now.millisecondsSince1970))
        } else {
            return nil
        }
    }
}
