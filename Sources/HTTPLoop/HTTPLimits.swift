public import HTTPWire

/// What limits one connection of a server.
public struct HTTPLimits: Hashable, Sendable {
    public var head: HeadLimits
    /// For a request's head: the first from the connection's opening, later ones from their first byte.
    public var request: Duration
    /// For a request's body, from the end of its head.
    public var body: Duration
    /// How long a connection may rest between two requests.
    public var idle: Duration
    /// A client that takes less than `progressBytes` of what waits for it within this time is cut off.
    public var stall: Duration

    /// What a client must take to be given more time: a reader of one byte a second holds nothing for long.
    static let progressBytes = 16 << 10
    /// What may wait for a client before a stream's producer is held up.
    static let waitingBytes = 64 << 10

    public init(
        head: HeadLimits = HeadLimits(), request: Duration = .seconds(10), body: Duration = .seconds(30),
        idle: Duration = .seconds(60), stall: Duration = .seconds(10)
    ) {
        self.head = head
        self.request = request
        self.body = body
        self.idle = idle
        self.stall = stall
    }
}
