/// A number of bytes of audio. An `AudioFormat` says how many samples they are.
public struct ByteCount: RawRepresentable, Hashable, Sendable, Comparable, AdditiveArithmetic {
    public static let zero = ByteCount(0)

    public var rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    public init(_ count: Int) { rawValue = count }

    public static func < (left: ByteCount, right: ByteCount) -> Bool { left.rawValue < right.rawValue }

    public static func + (left: ByteCount, right: ByteCount) -> ByteCount {
        ByteCount(left.rawValue + right.rawValue)
    }

    public static func - (left: ByteCount, right: ByteCount) -> ByteCount {
        ByteCount(left.rawValue - right.rawValue)
    }
}
