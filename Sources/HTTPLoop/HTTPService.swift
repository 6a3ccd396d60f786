public import HTTPWire
public import SocketLoop

/// What a server does with requests. Asked on the connection's loop, so it decides and does not work.
public protocol HTTPService: Sendable {
    /// - Parameter upgrade: What a right request for a WebSocket needs; nil for any other request. A wrong one was
    ///   refused before.
    func answer(_ request: RequestHead, upgrade: WebSocketUpgrade.Acceptance?, on stream: ByteStream) -> HTTPAnswer
}

/// What becomes of one request.
public enum HTTPAnswer {
    case respond(HTTPResponse)
    /// Opens the WebSocket. A request that asked for none is answered 426.
    case upgrade(UpgradeAnswer)
}

/// How an accepted upgrade goes on.
public struct UpgradeAnswer {
    public var subprotocol: String?
    public var headers: Headers
    public var limits: WebSocketLimits
    public var handler: any WebSocketHandler

    public init(
        subprotocol: String? = nil, headers: Headers = [:], limits: WebSocketLimits = WebSocketLimits(),
        handler: any WebSocketHandler
    ) {
        self.subprotocol = subprotocol
        self.headers = headers
        self.limits = limits
        self.handler = handler
    }
}

/// What limits one connection of a server.
public struct HTTPLimits: Hashable, Sendable {
    public var head: HeadLimits
    /// For a whole request, from the connection's opening or the answer before it.
    public var request: Duration

    public init(head: HeadLimits = HeadLimits(), request: Duration = .seconds(10)) {
        self.head = head
        self.request = request
    }
}
