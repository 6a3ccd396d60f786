/// How much head a peer may send.
public struct HeadLimits: Hashable, Sendable {
    /// All lines of the head with their ends.
    public var headBytes: Int
    /// The request line or status line.
    public var firstLineBytes: Int
    public var fields: Int

    public init(headBytes: Int = 16 << 10, firstLineBytes: Int = 8 << 10, fields: Int = 100) {
        self.headBytes = headBytes
        self.firstLineBytes = firstLineBytes
        self.fields = fields
    }
}
