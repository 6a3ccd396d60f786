/// One life of one node, from its start to its end. Later lives have higher numbers, whatever the nodes' names.
public struct NodeEpoch: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let number: Int64

    public init(_ number: Int64) {
        self.number = number
    }

    public static func < (left: NodeEpoch, right: NodeEpoch) -> Bool { left.number < right.number }

    public var description: String { String(number) }
}
