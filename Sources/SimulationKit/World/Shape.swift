internal import Timeline

/// What kind of world a seed becomes.
public struct Shape: Hashable, Sendable {
    public var calls: Int
    public var length: Duration
    /// Every frame of every caller, or media around what happens alone, where longer calls cost little.
    public var isFull: Bool
    public var hasNodes = false

    public static let full = Shape(calls: 10, length: .seconds(60), isFull: true)
    public static let sparse = Shape(calls: 20, length: .seconds(600), isFull: false)
    /// Several nodes that share a store, and die, sleep and come back.
    public static let nodes: Shape = {
        var shape = Shape(calls: 10, length: .seconds(240), isFull: false)
        shape.hasNodes = true
        return shape
    }()

    /// How it is asked for.
    public var name: String { hasNodes ? "nodes" : isFull ? "full" : "sparse" }

    public init(calls: Int, length: Duration, isFull: Bool) {
        self.calls = max(1, calls)
        self.length = length
        self.isFull = isFull
    }
}
