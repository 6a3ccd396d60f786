public import HTTPWire
public import SocketLoop
public import Timeline

/// How a request is answered away from the loop, once its body is there.
public struct HTTPHandling: Sendable {
    public typealias Handler = @Sendable (HTTPRequest) async -> HTTPReply

    public static let usualBodyLimit = 1 << 20
    public static let usualLimit = Duration.seconds(30)

    /// A longer body is answered 413, as soon as its length is known.
    public var bodyLimit: Int
    /// Until the reply is there; then the client is told that it takes too long, and the handler is cancelled.
    public var limit: Duration
    /// Runs in a task that is cancelled when nobody waits for the answer any more.
    public var handler: Handler

    public init(
        bodyLimit: Int = HTTPHandling.usualBodyLimit, limit: Duration = HTTPHandling.usualLimit,
        handler: @escaping Handler
    ) {
        self.bodyLimit = bodyLimit
        self.limit = limit
        self.handler = handler
    }
}

/// A whole request.
public struct HTTPRequest: Sendable {
    public let head: RequestHead
    public let body: [UInt8]
    public let peer: SocketAddress
    /// Whether it came over TLS.
    public let isSecure: Bool
    /// When its head was complete.
    public let arrived: Instant

    public init(head: RequestHead, body: [UInt8], peer: SocketAddress, isSecure: Bool, arrived: Instant) {
        self.head = head
        self.body = body
        self.peer = peer
        self.isSecure = isSecure
        self.arrived = arrived
    }
}

/// What a handler answers.
public enum HTTPReply: Sendable {
    case whole(HTTPResponse)
    case streamed(HTTPStream)
}

/// An answer whose body comes bit by bit, as long as the client takes it.
public struct HTTPStream: Sendable {
    public typealias Producer = @Sendable (HTTPBodyWriter) async throws -> Void

    /// Bytes that keep a silent stream alive.
    struct Heartbeat: Sendable {
        let every: Duration
        let bytes: [UInt8]
    }

    public var status: Int
    public var headers: Headers
    /// Writes the body. What it throws cuts the answer off, so that the client sees that something is missing.
    public var produce: Producer
    /// Goes on until somebody ends it: the client, whose end is looked out for, or the server when it drains.
    var isEndless = false
    var heartbeat: Heartbeat?

    public init(status: Int = 200, headers: Headers = [:], produce: @escaping Producer) {
        self.status = status
        self.headers = headers
        self.produce = produce
    }
}
