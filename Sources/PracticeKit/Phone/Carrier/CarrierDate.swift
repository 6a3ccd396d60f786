internal import Timeline

/// Times as the carrier writes them in calls' callbacks and answers (RFC 2822).
enum CarrierDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    /// The first of January 1970 was a Thursday.
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]

    /// `Fri, 20 Nov 2026 04:19:07 +0000`
    static func text(_ time: UTCTime) -> String {
        let digits = Array(time.description)
        let day = Int(max(0, time.millisecondsSince1970) / 86_400_000)
        let month = (Int(String(digits[5...6])) ?? 1) - 1
        return "\(weekdays[day % 7]), \(String(digits[8...9])) \(months[month]) \(String(digits[0...3]))"
            + " \(String(digits[11...18])) +0000"
    }
}
