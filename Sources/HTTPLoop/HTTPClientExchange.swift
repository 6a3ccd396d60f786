internal import Addresses
internal import HTTPWire
internal import SocketLoop
internal import Timeline

/// One request of a client, from the moment it is asked for to its answer, over however many connections. On the loop.
final class HTTPClientExchange {
    typealias Done = (Result<HTTPClientResponse, HTTPClientError>) -> Void

    let loop: LoopCore
    let request: HTTPClientRequest
    let origin: HTTPClientOrigin
    let deadline: Instant
    /// The head and the body, as they go over the wire.
    let bytes: [UInt8]
    /// It was sent on a kept connection that had ended: the next is a fresh one, and the last.
    var isSecondTry = false
    var dial: Dial?
    var connection: HTTPClientConnection?
    var timeLimit: TimerID?
    private let ticket: HTTPClientTicket
    private var done: Done?

    init(
        _ request: HTTPClientRequest, _ ticket: HTTPClientTicket, on loop: LoopCore, deadline: Instant,
        done: @escaping Done
    ) throws(HTTPViolation) {
        self.loop = loop
        self.request = request
        self.ticket = ticket
        self.done = done
        origin = HTTPClientOrigin(request.url)
        self.deadline = deadline
        bytes = try Self.bytes(of: request)
        ticket.exchange = self
    }

    private static func bytes(of request: HTTPClientRequest) throws(HTTPViolation) -> [UInt8] {
        var headers: Headers = ["Host": request.url.authority]
        headers.append(contentsOf: request.headers)
        let mayHaveBody = !["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"].contains(request.method)
        if mayHaveBody || !request.body.isEmpty { headers.append("Content-Length", String(request.body.count)) }
        var bytes: [UInt8] = []
        try RequestHead(method: request.method, target: request.url.target, headers: headers).write(to: &bytes)
        bytes.append(contentsOf: request.body)
        return bytes
    }

    var isOver: Bool { done == nil }

    /// Tells whoever asked; only the first word counts.
    func finish(_ result: Result<HTTPClientResponse, HTTPClientError>) {
        guard let done else { return }
        self.done = nil
        ticket.exchange = nil
        connection = nil
        if let timeLimit { loop.cancel(timeLimit) }
        timeLimit = nil
        done(result)
    }
}

/// Where connections lead: what may share one.
struct HTTPClientOrigin: Hashable {
    let isSecure: Bool
    let endpoint: HostPort

    init(_ url: WebURL) {
        isSecure = url.scheme.isSecure
        endpoint = url.endpoint
    }
}
