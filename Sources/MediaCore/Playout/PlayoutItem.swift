/// One piece of agent audio with a name of its own upstream. Numbers are given in order and never again.
public struct PlayoutItem: Hashable, Sendable {
    public let number: UInt32

    public init(number: UInt32) { self.number = number }
}

/// What lies between two interruptions. Audio and marks of an older one count for nothing.
public struct PlayoutGeneration: Hashable, Sendable, Comparable {
    public let number: UInt32

    public init(number: UInt32) { self.number = number }

    var next: PlayoutGeneration { PlayoutGeneration(number: number &+ 1) }

    public static func < (left: PlayoutGeneration, right: PlayoutGeneration) -> Bool { left.number < right.number }
}
