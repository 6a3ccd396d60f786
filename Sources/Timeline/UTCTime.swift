/// A moment on the wall clock, in milliseconds: what records and logs show. Never used to measure a wait.
public struct UTCTime: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let millisecondsSince1970: Int64

    /// Held within the years 0000 to 9999, which are all that RFC 3339 can say.
    public init(millisecondsSince1970 milliseconds: Int64) {
        millisecondsSince1970 = min(max(milliseconds, -62_167_219_200_000), 253_402_300_799_999)
    }

    public static func < (left: UTCTime, right: UTCTime) -> Bool {
        left.millisecondsSince1970 < right.millisecondsSince1970
    }

    /// RFC 3339 with milliseconds: `2026-01-15T10:30:00.123Z`.
    public var description: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the 24 bytes of `description`.
    public func append(to bytes: inout [UInt8]) {
        let (days, millisecond) = millisecondsSince1970.flooredDivision(by: 86_400_000)
        let date = CivilDate(daysSince1970: days)
        bytes.append(decimal: date.year, digits: 4)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(decimal: date.month, digits: 2)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(decimal: date.day, digits: 2)
        bytes.append(UInt8(ascii: "T"))
        appendTimeOfDay(millisecond, to: &bytes)
        bytes.append(UInt8(ascii: "Z"))
    }

    /// As HTTP writes it (RFC 9110): `Fri, 20 Nov 2026 04:19:07 GMT`. `init(rfc2822:)` reads it.
    public var httpDate: String {
        let (days, millisecond) = millisecondsSince1970.flooredDivision(by: 86_400_000)
        let date = CivilDate(daysSince1970: days)
        // Day 0 was a Thursday.
        let weekday = Int((days + 4).flooredDivision(by: 7).remainder)
        var bytes = Array("\(CalendarNames.days[weekday]), ".utf8)
        bytes.append(decimal: date.day, digits: 2)
        bytes += " \(CalendarNames.months[Int(date.month) - 1]) ".utf8
        bytes.append(decimal: date.year, digits: 4)
        bytes.append(UInt8(ascii: " "))
        appendSeconds(millisecond, to: &bytes)
        bytes += " GMT".utf8
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `10:30:00.123`, for a terminal where the day is known.
    public func appendTimeOfDay(to bytes: inout [UInt8]) {
        appendTimeOfDay(millisecondsSince1970.flooredDivision(by: 86_400_000).remainder, to: &bytes)
    }

    private func appendTimeOfDay(_ millisecond: Int64, to bytes: inout [UInt8]) {
        appendSeconds(millisecond, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        bytes.append(decimal: millisecond % 1_000, digits: 3)
    }

    private func appendSeconds(_ millisecond: Int64, to bytes: inout [UInt8]) {
        bytes.append(decimal: millisecond / 3_600_000, digits: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: millisecond / 60_000 % 60, digits: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: millisecond / 1_000 % 60, digits: 2)
    }
}

/// The short names that mail and HTTP have for days and months.
enum CalendarNames {
    static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}

/// A day of the proleptic Gregorian calendar.
private struct CivilDate {
    let year: Int64
    let month: Int64
    let day: Int64

    /// Counts in years that begin in March, so that the leap day is the last one and needs no special case.
    init(daysSince1970 days: Int64) {
        let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}

extension Int64 {
    fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

extension [UInt8] {
    fileprivate mutating func append(decimal value: Int64, digits: Int) {
        var divisor: Int64 = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }
}
