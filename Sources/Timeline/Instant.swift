/// A moment on a monotonic clock: nanoseconds since an arbitrary start, so only differences mean something.
///
/// Pure code is given instants and never reads a clock. Arithmetic saturates: a far deadline stays far, it never traps.
public struct Instant: InstantProtocol, Hashable, Sendable {
    public typealias Duration = Swift.Duration

    public static let zero = Instant(nanoseconds: 0)
    public static let distantFuture = Instant(nanoseconds: .max)

    public let nanoseconds: Int64

    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    public func advanced(by duration: Swift.Duration) -> Instant {
        advanced(byNanoseconds: duration.wholeNanoseconds)
    }

    /// For paths where the 128-bit arithmetic of `Duration` would show.
    public func advanced(byNanoseconds distance: Int64) -> Instant {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(distance)
        guard overflow else { return Instant(nanoseconds: sum) }
        return Instant(nanoseconds: distance < 0 ? .min : .max)
    }

    public func duration(to other: Instant) -> Swift.Duration {
        .nanoseconds(nanoseconds(to: other))
    }

    public func nanoseconds(to other: Instant) -> Int64 {
        let (difference, overflow) = other.nanoseconds.subtractingReportingOverflow(nanoseconds)
        guard overflow else { return difference }
        return other.nanoseconds < nanoseconds ? .min : .max
    }

    public static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}

extension Duration {
    /// Rounded towards zero and held within what 64 bits can say (292 years).
    public var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowOfSum) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        guard overflow || overflowOfSum else { return sum }
        return seconds < 0 ? .min : .max
    }

    /// As a number of seconds, for people, JSON and metrics.
    public var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    /// Nil for what is not a number or would not fit.
    public init?(seconds: Double) {
        guard abs(seconds) < 9e9 else { return nil }
        self = .nanoseconds(Int64((seconds * 1e9).rounded()))
    }
}
