public import HTTPWire
public import SocketLoop

/// What a server does with requests. Asked on the connection's loop, so it decides and does not work.
public protocol HTTPService: Sendable {
    /// - Parameter upgrade: What a right request for a WebSocket needs; nil for any other request. A wrong one was
    ///   refused before.
    func answer(_ request: RequestHead, upgrade: WebSocketUpgrade.Acceptance?, on stream: ByteStream) -> HTTPAnswer

    /// What a request is answered that the connection itself refuses.
    ///
    /// - Parameter request: Nil when not even its head could be read.
    func answer(refusing request: RequestHead?, _ refusal: HTTPRefusal, on stream: ByteStream) -> HTTPResponse
}

extension HTTPService {
    public func answer(refusing request: RequestHead?, _ refusal: HTTPRefusal, on stream: ByteStream) -> HTTPResponse {
        .text(refusal.status, refusal.message, headers: refusal.headers)
    }
}

/// What becomes of one request.
public enum HTTPAnswer {
    case respond(HTTPResponse)
    /// Opens the WebSocket. A request that asked for none is answered 426.
    case upgrade(UpgradeAnswer)
    /// Reads the body, then works on the answer away from the loop.
    case handle(HTTPHandling)
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

/// Why a connection refuses a request by itself.
public struct HTTPRefusal: Hashable, Sendable {
    public let status: Int
    public let code: String
    /// For people.
    public let message: String
    /// What the answer must carry beside its usual fields.
    public let headers: Headers

    init(status: Int, code: String, message: String, headers: Headers = [:]) {
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers
    }

    init(_ violation: HTTPViolation) {
        self.init(status: violation.status, code: violation.code, message: violation.message)
    }

    public init(_ refusal: WebSocketUpgrade.Refusal) {
        self.init(
            status: refusal.status, code: "http.upgrade_refused", message: refusal.message, headers: refusal.headers)
    }

    static let slowRequest = HTTPRefusal(
        status: 408, code: "http.slow_request", message: "The request took too long.")
    static let slowBody = HTTPRefusal(
        status: 408, code: "http.slow_body", message: "The request's body took too long.")
    static let slowHandler = HTTPRefusal(
        status: 503, code: "http.handler_deadline", message: "The answer was not ready in time. Try again later.",
        headers: ["Retry-After": "5"])
}
