/// A number of samples of one channel; also a position, counted from where the audio began.
///
/// Not bytes and not milliseconds: only a `SampleRate` or an `AudioFormat` turns one into the other.
public struct SampleCount: RawRepresentable, Hashable, Sendable, Comparable, AdditiveArithmetic {
    public static let zero = SampleCount(0)

    public var rawValue: Int

    @inline(__always)
    public init(rawValue: Int) { self.rawValue = rawValue }

    @inline(__always)
    public init(_ count: Int) { rawValue = count }

    public static func < (left: SampleCount, right: SampleCount) -> Bool { left.rawValue < right.rawValue }

    public static func + (left: SampleCount, right: SampleCount) -> SampleCount {
        SampleCount(left.rawValue + right.rawValue)
    }

    public static func - (left: SampleCount, right: SampleCount) -> SampleCount {
        SampleCount(left.rawValue - right.rawValue)
    }

    func clamped(from low: SampleCount, to high: SampleCount) -> SampleCount {
        min(max(self, low), high)
    }
}
