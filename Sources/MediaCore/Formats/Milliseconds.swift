/// A time in whole milliseconds, as carriers and upstreams tell it: a length, or a position in a stream.
///
/// Held within ±34 years, so that arithmetic with what a peer claims cannot overflow.
public struct Milliseconds: RawRepresentable, Hashable, Sendable, Comparable, AdditiveArithmetic {
    public static let zero = Milliseconds(0)

    public let rawValue: Int

    public init(rawValue: Int) {
        let furthest = 1 << 40
        self.rawValue = min(max(rawValue, -furthest), furthest)
    }

    public init(_ count: Int) { self.init(rawValue: count) }

    public var duration: Duration { .milliseconds(rawValue) }

    public static func < (left: Milliseconds, right: Milliseconds) -> Bool { left.rawValue < right.rawValue }

    public static func + (left: Milliseconds, right: Milliseconds) -> Milliseconds {
        Milliseconds(left.rawValue + right.rawValue)
    }

    public static func - (left: Milliseconds, right: Milliseconds) -> Milliseconds {
        Milliseconds(left.rawValue - right.rawValue)
    }
}
