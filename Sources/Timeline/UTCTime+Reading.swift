extension UTCTime {
    /// A moment of the calendar in UTC; nil where there is no such day or time. A leap second counts as the next one.
    init?(year: Int64, month: Int64, day: Int64, hour: Int64, minute: Int64, second: Int64, millisecond: Int64 = 0) {
        guard (0...9_999).contains(year), (1...12).contains(month), (0...23).contains(hour),
            (0...59).contains(minute), (0...60).contains(second), (0...999).contains(millisecond)
        else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day >= 1, day <= lengths[Int(month) - 1] else { return nil }
        // Whole years before this one, counted with their leap days, from a year 0 that is a leap year.
        let before = year - 1
        let leapDays = year == 0 ? 0 : before / 4 - before / 100 + before / 400 + 1
        let days = year * 365 + leapDays + lengths[..<(Int(month) - 1)].reduce(0, +) + day - 1 - 719_528
        self.init(
            millisecondsSince1970: (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000 + millisecond)
    }

    /// `2026-01-15T10:30:00.123Z`, with any number of decimals and any offset from UTC (RFC 3339, ISO 8601).
    public init?(rfc3339 text: some StringProtocol) {
        var reader = DigitReader(text)
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), reader.skip("T") || reader.skip("t") || reader.skip(" "),
            let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2), reader.skip(":"),
            let second = reader.number(2)
        else { return nil }
        var millisecond: Int64 = 0
        if reader.skip(".") {
            guard let decimals = reader.decimals() else { return nil }
            millisecond = decimals
        }
        let isUTC = reader.skip("Z") || reader.skip("z")
        guard let offset = isUTC ? 0 : reader.offset(colon: true), reader.isAtEnd,
            let local = UTCTime(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second,
                millisecond: millisecond)
        else { return nil }
        self.init(millisecondsSince1970: local.millisecondsSince1970 - offset * 60_000)
    }

    /// `Fri, 20 Nov 2026 04:19:07 +0000` as mail has it, or with `GMT` as HTTP does (RFC 2822, RFC 9110).
    public init?(rfc2822 text: some StringProtocol) {
        var reader = DigitReader(text)
        reader.skipDayName()
        guard let day = reader.number(1...2), reader.skip(" "), let month = reader.month(), reader.skip(" "),
            let year = reader.number(4), reader.skip(" "), let hour = reader.number(2), reader.skip(":"),
            let minute = reader.number(2), reader.skip(":"), let second = reader.number(2), reader.skip(" "),
            let offset = reader.skip("GMT") || reader.skip("UTC") ? 0 : reader.offset(colon: false),
            reader.isAtEnd,
            let local = UTCTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        else { return nil }
        self.init(millisecondsSince1970: local.millisecondsSince1970 - offset * 60_000)
    }
}

/// Takes numbers and words off the front of a text.
private struct DigitReader {
    private var rest: Substring.UTF8View

    init(_ text: some StringProtocol) {
        rest = Substring(text).utf8
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ word: String) -> Bool {
        guard rest.starts(with: word.utf8) else { return false }
        rest = rest.dropFirst(word.utf8.count)
        return true
    }

    mutating func number(_ digits: Int) -> Int64? {
        number(digits...digits)
    }

    mutating func number(_ digits: ClosedRange<Int>) -> Int64? {
        let taken = rest.prefix(digits.upperBound).prefix(while: Self.isDigit)
        guard taken.count >= digits.lowerBound else { return nil }
        rest = rest.dropFirst(taken.count)
        return Self.value(taken)
    }

    /// The digits after the point as milliseconds, cut off there.
    mutating func decimals() -> Int64? {
        let taken = rest.prefix(while: Self.isDigit)
        guard !taken.isEmpty else { return nil }
        rest = rest.dropFirst(taken.count)
        return Self.value(taken.prefix(3)) * [100, 10, 1][min(taken.count, 3) - 1]
    }

    /// `+01:00` or `-0500`, in minutes.
    mutating func offset(colon: Bool) -> Int64? {
        let isNegative = skip("-")
        guard isNegative || skip("+"), let hours = number(2), !colon || skip(":"), let minutes = number(2), hours <= 23,
            minutes <= 59
        else { return nil }
        return (isNegative ? -1 : 1) * (hours * 60 + minutes)
    }

    mutating func month() -> Int64? {
        CalendarNames.months.firstIndex { skip($0) }.map { Int64($0) + 1 }
    }

    mutating func skipDayName() {
        for name in CalendarNames.days where skip("\(name), ") { return }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func value(_ digits: Substring.UTF8View) -> Int64 {
        digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }
}
