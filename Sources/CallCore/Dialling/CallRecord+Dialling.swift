public import Timeline

extension CallRecord {
    /// What the call uses of the day's minutes by now: from its answer to its end.
    public func dialledSeconds(at now: UTCTime) -> Int {
        guard direction == .outbound, let answeredAt else { return 0 }
        let end = endedAt ?? max(answeredAt, now)
        return Int(max(0, end.millisecondsSince1970 - answeredAt.millisecondsSince1970) / 1_000)
    }
}

extension UTCTime {
    private static let day: Int64 = 86_400_000

    public var startOfDay: UTCTime {
        let past = ((millisecondsSince1970 % Self.day) + Self.day) % Self.day
        return UTCTime(millisecondsSince1970: millisecondsSince1970 - past)
    }

    public var startOfNextDay: UTCTime {
        UTCTime(millisecondsSince1970: startOfDay.millisecondsSince1970 + Self.day)
    }
}
