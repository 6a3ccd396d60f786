public import Addresses
public import HTTPWire
public import SocketLoop
public import Timeline

/// What to ask a server for.
public struct HTTPClientRequest: Sendable {
    public static let usualLimit = Duration.seconds(30)
    public static let usualResponseLimit = 1 << 20

    public var method: String
    public var url: WebURL
    /// Host and Content-Length are added.
    public var headers: Headers
    public var body: [UInt8]
    /// For all of it: waiting for a connection, name, TCP, TLS, request and answer. The nearer of `limit` and `deadline`
    /// holds.
    public var limit: Duration
    public var deadline: Deadline
    /// A longer body ends the exchange.
    public var responseLimit: Int
    /// How many redirects are followed; with 0 they are answers like any other. Never from https to http, and another
    /// origin is told nothing that could be a secret. A POST becomes a GET where everybody else does so too.
    public var redirects: Int

    public init(
        _ url: WebURL, method: String = "GET", headers: Headers = [:], body: [UInt8] = [],
        limit: Duration = usualLimit, deadline: Deadline = .never, responseLimit: Int = usualResponseLimit,
        redirects: Int = 0
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.limit = limit
        self.deadline = deadline
        self.responseLimit = responseLimit
        self.redirects = redirects
    }

    /// Twice does what once does (RFC 9110 section 9.2.2).
    var isIdempotent: Bool {
        ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"].contains(method)
    }
}

/// A server's whole answer, whatever its status.
public struct HTTPClientResponse: Hashable, Sendable {
    public let head: ResponseHead
    public let body: [UInt8]

    public init(head: ResponseHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }

    public var status: Int { head.status }
    public var headers: Headers { head.headers }
}

/// Why there is no answer.
public enum HTTPClientError: Error, Hashable, Sendable {
    case dial(DialFailure)
    case deadline
    /// All connections are busy, and as many requests wait for one as may.
    case tooManyWaiting
    case connection(CloseReason)
    case malformedAnswer(HTTPViolation)
    case responseTooLarge(limit: Int)
    /// The request breaks the rules of HTTP; nothing was sent.
    case unsendable(HTTPViolation)
    case redirect(HTTPRedirectProblem)
    case cancelled
    case clientClosed

    public var code: String {
        switch self {
        case .dial(let failure): failure.code
        case .deadline: "http_client.deadline"
        case .tooManyWaiting: "http_client.too_many_waiting"
        case .connection: "http_client.connection_lost"
        case .malformedAnswer: "http_client.malformed_answer"
        case .responseTooLarge: "http_client.response_too_large"
        case .unsendable: "http_client.unsendable"
        case .redirect(let problem): problem.code
        case .cancelled: "http_client.cancelled"
        case .clientClosed: "http_client.closed"
        }
    }

    public var message: String {
        switch self {
        case .dial(let failure): failure.message
        case .deadline: "The server did not answer in time."
        case .tooManyWaiting: "Too many requests wait for this server already. Try again later."
        case .connection(let reason): "The connection ended before the answer was complete: \(reason.message)."
        case .malformedAnswer(let violation): "The server's answer is not HTTP: \(violation.message)"
        case .responseTooLarge(let limit): "The server's answer is longer than \(limit) bytes."
        case .unsendable(let violation): violation.message
        case .redirect(let problem): problem.message
        case .cancelled: "The request was given up."
        case .clientClosed: "The client was closed."
        }
    }
}

/// What limits a client.
public struct HTTPClientLimits: Hashable, Sendable {
    /// Connections to one origin: scheme, host and port.
    public var connectionsPerOrigin: Int
    /// Requests that wait for one of them.
    public var waitingPerOrigin: Int
    /// How long a connection that nobody needs is kept. Shorter than most servers keep theirs.
    public var idle: Duration
    public var head: HeadLimits

    public init(
        connectionsPerOrigin: Int = 16, waitingPerOrigin: Int = 256, idle: Duration = .seconds(30),
        head: HeadLimits = HeadLimits(headBytes: 64 << 10)
    ) {
        self.connectionsPerOrigin = max(1, connectionsPerOrigin)
        self.waitingPerOrigin = max(0, waitingPerOrigin)
        self.idle = idle
        self.head = head
    }
}

/// An HTTP/1.1 client. Its connections live on one loop and are kept for the next request; callers may be anywhere.
///
/// A request is sent once. Only when a kept connection turns out to have ended, before a byte of an answer came, an
/// idempotent one is sent again, on a fresh connection.
public final class HTTPClient: Sendable {
    private let loop: SocketLoop
    private let pool: LoopBound<HTTPClientPool>
    private let canBeSecure: Bool

    /// - Parameter tls: Whom to trust; needed for https.
    public init(on loop: SocketLoop, tls: TLSClientContext? = nil, limits: HTTPClientLimits = HTTPClientLimits()) {
        self.loop = loop
        canBeSecure = tls != nil
        pool = LoopBound(HTTPClientPool(tls: tls, limits: limits), on: loop.executor)
    }

    deinit { close() }

    /// Cancelling the task ends the exchange, and with it its connection.
    public func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
        var (response, deadline) = try await sendOnce(request)
        guard request.redirects > 0 else { return response }
        var (last, followed) = (request, 0)
        while let next = try last.following(response, canBeSecure: canBeSecure) {
            guard followed < request.redirects else { throw .redirect(.tooMany(limit: request.redirects)) }
            last = next
            // All of it has one deadline, the first one's.
            last.deadline = .at(deadline)
            (response, deadline) = try await sendOnce(last)
            followed += 1
        }
        return response
    }

    /// The answer, and the deadline that held for it.
    private func sendOnce(
        _ request: HTTPClientRequest
    ) async throws(HTTPClientError) -> (HTTPClientResponse, Instant) {
        let ticket = HTTPClientTicket()
        let result: Result<(HTTPClientResponse, Instant), HTTPClientError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isAsked = pool.onLoop { [loop] pool in
                    loop.onLoop { core in
                        let deadline = request.deadline.instant ?? .distantFuture
                        let due = min(core.now.advanced(by: request.limit), deadline)
                        pool.send(request, ticket, on: core, deadline: due) { result in
                            continuation.resume(returning: result.map { ($0, due) })
                        }
                    }
                }
                if !isAsked { continuation.resume(returning: .failure(.clientClosed)) }
            }
        } onCancel: {
            pool.onLoop { $0.cancel(ticket) }
        }
        return try result.get()
    }

    /// Ends idle connections at once and busy ones after their answer; what waits, and what comes, is refused. The loop's
    /// end does the same, and ends busy ones too.
    public func close() {
        pool.onLoop { $0.close() }
    }
}

/// Names one request, from before it begins. Touched on the client's loop alone.
final class HTTPClientTicket: @unchecked Sendable {
    // Why @unchecked: see above; elsewhere it is only handed on.
    var isCancelled = false
    var exchange: HTTPClientExchange?
}
