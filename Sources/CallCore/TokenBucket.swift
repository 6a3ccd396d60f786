public import Timeline

/// Admits a steady rate with a burst: in any stretch of time at most the burst plus the rate times its length.
///
/// Kept as one instant, the moment at which the bucket would be full again, so that a million of them are cheap and
/// rounding can only make it stricter. A rate of zero admits everything, as zero switches a limit off in the settings.
public struct TokenBucket: Hashable, Sendable {
    public enum Admission: Hashable, Sendable {
        case admitted
        /// Refused now; the same request would be admitted at this instant if nothing else is taken.
        case refused(until: Instant)
        /// More than the bucket ever holds.
        case tooMany
    }

    private let interval: Int64
    private let burst: Int
    private var fullAt = Instant(nanoseconds: .min)

    /// - Parameter burst: how many may come at once; what `period` admits unless given, at least one.
    public init(rate: Int, per period: Duration = .seconds(1), burst: Int? = nil) {
        let periodNanoseconds = max(0, period.wholeNanoseconds)
        let rate = Int64(max(0, rate))
        // Rounded up: a token too late is harmless, one too many is not.
        interval = rate == 0 ? 0 : periodNanoseconds / rate + (periodNanoseconds % rate == 0 ? 0 : 1)
        self.burst = max(1, burst ?? Int(rate))
    }

    /// Takes all of `count` tokens or none.
    public mutating func take(_ count: Int = 1, at now: Instant) -> Admission {
        guard interval > 0, count > 0 else { return .admitted }
        guard count <= burst else { return .tooMany }
        let filled = max(fullAt, now).advanced(byNanoseconds: Self.product(interval, count))
        let earliest = filled.advanced(byNanoseconds: -Self.product(interval, burst))
        guard earliest <= now else { return .refused(until: earliest) }
        fullAt = filled
        return .admitted
    }

    /// Nothing has been taken that is not back: such a bucket need not be kept.
    public func isFull(at now: Instant) -> Bool {
        fullAt <= now
    }

    private static func product(_ interval: Int64, _ count: Int) -> Int64 {
        let (product, overflow) = interval.multipliedReportingOverflow(by: Int64(count))
        return overflow ? .max : product
    }
}
