internal import Timeline

/// What kind of world a seed becomes.
public struct Shape: Hashable, Sendable {
    public var calls: Int
    public var length: Duration
    /// Every frame of every caller, or media around what happens alone, where longer calls cost little.
    public var isFull: Bool

    public static let full = Shape(calls: 10, length: .seconds(60), isFull: true)
    public static let sparse = Shape(calls: 20, length: .seconds(600), isFull: false)

    public init(calls: Int, length: Duration, isFull: Bool) {
        self.calls = max(1, calls)
        self.length = length
        self.isFull = isFull
    }
}
