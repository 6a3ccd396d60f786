public import Addresses
internal import Glibc
public import HTTPWire
public import SocketLoop
public import Timeline

/// Why no WebSocket came about.
public enum WebSocketOpeningFailure: Error, Hashable, Sendable {
    case dial(DialFailure)
    case deadline
    /// The server said no, or something else than a WebSocket; the body is what it said, up to 64 KiB.
    case handshake(WebSocketHandshakeError, body: [UInt8])
    case malformedAnswer(HTTPViolation)
    case connection(CloseReason)
    case cancelled

    public var code: String {
        switch self {
        case .dial(let failure): failure.code
        case .deadline: "handshake.deadline"
        case .handshake(let error, _): error.code
        case .malformedAnswer: "handshake.malformed_answer"
        case .connection: "handshake.connection_lost"
        case .cancelled: "handshake.cancelled"
        }
    }

    public var message: String {
        switch self {
        case .dial(let failure): failure.message
        case .deadline: "The server did not answer the WebSocket handshake in time."
        case .handshake(let error, _): error.message
        case .malformedAnswer(let violation): "The server's answer is not HTTP: \(violation.message)"
        case .connection(let reason): "The connection ended during the WebSocket handshake: \(reason.message)."
        case .cancelled: "The WebSocket was given up before it was open."
        }
    }
}

/// What to open.
public struct WebSocketRequest: Sendable {
    public var url: WebURL
    public var headers: Headers
    public var subprotocols: [String]
    public var limits: WebSocketLimits
    /// Needed for wss.
    public var tls: TLSClientContext?

    public init(
        _ url: WebURL, headers: Headers = [:], subprotocols: [String] = [],
        limits: WebSocketLimits = WebSocketLimits(), tls: TLSClientContext? = nil
    ) {
        self.url = url
        self.headers = headers
        self.subprotocols = subprotocols
        self.limits = limits
        self.tls = tls
    }
}

/// A client's way to a WebSocket: name, TCP, TLS and handshake, all under one deadline.
public final class WebSocketOpening {
    private static let keptBodyBytes = 65_536

    private let loop: LoopCore
    private let request: WebSocketRequest
    private let handler: any WebSocketHandler
    private var failed: ((WebSocketOpeningFailure) -> Void)?
    private var dial: Dial?
    private var stream: ByteStream?
    private var handshake: WebSocketHandshake?
    private var heads = ResponseHeadReader()
    private var refusal: (error: WebSocketHandshakeError, body: BodyReader, bytes: [UInt8])?
    private var timeLimit: TimerID?

    init(
        loop: LoopCore, request: WebSocketRequest, handler: any WebSocketHandler,
        failed: @escaping (WebSocketOpeningFailure) -> Void
    ) {
        self.loop = loop
        self.request = request
        self.handler = handler
        self.failed = failed
    }

    func start(deadline: Instant) {
        let url = request.url
        precondition(!url.scheme.isSecure || request.tls != nil, "a wss URL needs a TLS context")
        dial = loop.dial(
            url.endpoint, tls: url.scheme.isSecure ? request.tls : nil, deadline: deadline
        ) { [self] result in
            dial = nil
            switch result {
            case .success(let stream): ask(stream, deadline: deadline)
            case .failure(.cancelled): fail(.cancelled)
            case .failure(let failure): fail(.dial(failure))
            }
        }
    }

    /// Gives up. `failed` still comes, unless the WebSocket is open already.
    public func cancel() {
        if let dial { dial.cancel() } else { fail(.cancelled) }
    }

    private func ask(_ stream: ByteStream, deadline: Instant) {
        var bytes: [UInt8] = []
        do throws(HTTPViolation) {
            let handshake = try WebSocketHandshake(
                host: request.url.authority, target: request.url.target, keyBytes: Self.randomKey(),
                subprotocols: request.subprotocols, headers: request.headers)
            try handshake.request.write(to: &bytes)
            self.handshake = handshake
        } catch {
            stream.kill()
            fail(.malformedAnswer(error))
            return
        }
        self.stream = stream
        stream.hand(to: self)
        // A request of a few hundred bytes on a fresh connection always fits the socket's buffer.
        guard stream.write(bytes.span) == bytes.count else {
            fail(.connection(.failed("the request could not be sent")))
            return
        }
        timeLimit = loop.schedule(at: deadline) { [self] _ in
            timeLimit = nil
            giveUpWaiting()
            return nil
        }
    }

    /// A refusal whose body does not end in time is still a refusal.
    private func giveUpWaiting() {
        if let refusal { fail(.handshake(refusal.error, body: refusal.bytes)) } else { fail(.deadline) }
    }

    private func read(_ slice: inout MutableSpan<UInt8>) {
        var position = 0
        do throws(HTTPViolation) {
            if refusal == nil {
                guard let answer = try nextAnswer(in: slice.span, from: &position) else { return }
                do throws(WebSocketHandshakeError) {
                    let subprotocol = try handshake!.check(answer)
                    return succeed(subprotocol, &slice, from: position)
                } catch {
                    let framing = try answer.bodyFraming(answering: "GET")
                    refusal = (error, try BodyReader(framing, maximumBytes: .max), [])
                }
            }
            try readRefusal(slice.span, from: &position)
        } catch {
            giveUp(error)
        }
    }

    private func nextAnswer(in slice: Span<UInt8>, from position: inout Int) throws(HTTPViolation) -> ResponseHead? {
        while let answer = try heads.next(in: slice, from: &position) {
            if !answer.isInterim { return answer }
        }
        return nil
    }

    private func readRefusal(_ slice: Span<UInt8>, from position: inout Int) throws(HTTPViolation) {
        guard let error = refusal?.error, var body = refusal?.body, var bytes = refusal?.bytes else { return }
        while let event = try body.next(in: slice, from: &position) {
            switch event {
            case .data(let range):
                let kept = min(range.count, Self.keptBodyBytes - bytes.count)
                for place in range.prefix(kept) { bytes.append(slice[place]) }
                guard bytes.count < Self.keptBodyBytes else { return fail(.handshake(error, body: bytes)) }
            case .end:
                return fail(.handshake(error, body: bytes))
            }
        }
        refusal = (error, body, bytes)
    }

    private func giveUp(_ violation: HTTPViolation) {
        if let refusal {
            fail(.handshake(refusal.error, body: refusal.bytes))
        } else {
            fail(.malformedAnswer(violation))
        }
    }

    private func succeed(_ subprotocol: String?, _ slice: inout MutableSpan<UInt8>, from position: Int) {
        guard failed != nil, let stream else { return }
        failed = nil
        stopTimer()
        let socket = WebSocket(
            stream: stream, role: .client, subprotocol: subprotocol, limits: request.limits, handler: handler)
        socket.begin(reading: &slice, from: position)
    }

    private func fail(_ failure: WebSocketOpeningFailure) {
        guard let failed else { return }
        self.failed = nil
        stopTimer()
        stream?.hand(to: nil)
        stream?.kill()
        failed(failure)
    }

    private func stopTimer() {
        if let timeLimit { loop.cancel(timeLimit) }
        timeLimit = nil
    }

    private static func randomKey() -> InlineArray<16, UInt8> {
        var key = InlineArray<16, UInt8>(repeating: 0)
        var generator = SystemRandomNumberGenerator()
        for index in key.indices { key[index] = .random(in: .min ... .max, using: &generator) }
        return key
    }
}

extension WebSocketOpening: ByteStreamHandler {
    public func stream(_ stream: ByteStream, received bytes: inout MutableSpan<UInt8>) {
        read(&bytes)
    }

    public func streamIsWritable(_ stream: ByteStream) {}

    public func streamClosed(_ stream: ByteStream, _ reason: CloseReason) {
        if let refusal {
            fail(.handshake(refusal.error, body: refusal.bytes))
        } else {
            fail(.connection(reason))
        }
    }
}

extension LoopCore {
    /// Opens a WebSocket. Either `handler` hears `webSocketOpened`, or `failed` comes: exactly one of them, by the deadline.
    @discardableResult
    public func openWebSocket(
        _ request: WebSocketRequest, deadline: Instant, handler: any WebSocketHandler,
        failed: @escaping (WebSocketOpeningFailure) -> Void
    ) -> WebSocketOpening {
        let opening = WebSocketOpening(loop: self, request: request, handler: handler, failed: failed)
        opening.start(deadline: deadline)
        return opening
    }
}
