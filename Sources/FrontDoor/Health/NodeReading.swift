/// What the node says of itself, beside the health of its parts.
public struct NodeReading: Hashable, Sendable {
    /// Readiness is to be refused, since the node takes no more calls and others might.
    public var isFull = false
    /// Nil while it serves.
    public var drain: Drain?

    /// The countdown of a node that is about to end.
    public struct Drain: Hashable, Sendable {
        public struct Item: Hashable, Sendable {
            public let name: String
            public let count: Int

            public init(name: String, count: Int) {
                self.name = name
                self.count = count
            }
        }

        public let waitsFor: [Item]
        /// Until what is left is ended; nil without a limit.
        public let left: Duration?

        public init(waitsFor: [Item], left: Duration?) {
            self.waitsFor = waitsFor
            self.left = left
        }
    }

    public init(isFull: Bool = false, drain: Drain? = nil) {
        self.isFull = isFull
        self.drain = drain
    }
}
