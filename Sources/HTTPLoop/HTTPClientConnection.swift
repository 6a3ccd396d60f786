internal import HTTPWire
internal import SocketLoop

/// One connection of a client: carries one exchange after another, and is fit for the next only when the answer before it
/// was read to its end.
final class HTTPClientConnection {
    let origin: HTTPClientOrigin
    private let stream: ByteStream
    private let pool: HTTPClientPool
    private var exchange: HTTPClientExchange?
    /// It had rested before: the server may have ended it meanwhile.
    private var isKept = false
    private var heads: ResponseHeadReader
    private var answer: (head: ResponseHead, framing: BodyFraming)?
    private var reader: BodyReader?
    private var body: [UInt8] = []
    private var outgoing = OutgoingQueue()
    private var hasHeard = false
    private var idleLimit: TimerID?
    private var isOver = false

    init(_ stream: ByteStream, to origin: HTTPClientOrigin, pool: HTTPClientPool) {
        self.stream = stream
        self.origin = origin
        self.pool = pool
        heads = ResponseHeadReader(limits: pool.limits.head)
        stream.hand(to: self)
    }

    // MARK: its owner's side

    func carry(_ exchange: HTTPClientExchange, isKept: Bool) {
        stopResting()
        self.exchange = exchange
        self.isKept = isKept
        exchange.connection = self
        hasHeard = false
        answer = nil
        reader = nil
        body = []
        // When it is over already, the stream says so in a moment.
        let bytes = exchange.bytes
        guard let taken = stream.write(bytes.span), taken < bytes.count else { return }
        outgoing.append(bytes.span.extracting(taken...))
        stream.askToWrite()
    }

    func rest(for limit: Duration) {
        idleLimit = stream.loop.schedule(after: limit) { [unowned self] _ in
            idleLimit = nil
            abandon()
            return nil
        }
    }

    private func stopResting() {
        if let idleLimit { stream.loop.cancel(idleLimit) }
        idleLimit = nil
    }

    /// Ends it, whatever it carries.
    func abandon() {
        guard !isOver else { return }
        isOver = true
        stopResting()
        exchange = nil
        stream.hand(to: nil)
        // In the middle of an answer nobody is owed a goodbye.
        if hasHeard || !outgoing.isEmpty { stream.kill() } else { stream.close() }
        pool.lost(self)
    }

    // MARK: answers

    private func read(_ slice: Span<UInt8>) {
        guard let exchange else {
            // Nobody asked for anything: such a connection is not to be trusted with the next request.
            abandon()
            return
        }
        hasHeard = true
        var position = 0
        do throws(HTTPViolation) {
            guard try readHead(slice, from: &position, exchange) else { return }
            while let event = try reader?.next(in: slice, from: &position) {
                switch event {
                case .data(let range):
                    // SAFETY: the array copies the bytes and keeps no pointer.
                    unsafe slice.extracting(range).withUnsafeBufferPointer { unsafe body.append(contentsOf: $0) }
                case .end:
                    return complete(hasMore: position < slice.count)
                }
            }
        } catch {
            fail(error, of: exchange)
        }
    }

    /// Returns whether the final answer's head is there.
    private func readHead(
        _ slice: Span<UInt8>, from position: inout Int, _ exchange: HTTPClientExchange
    ) throws(HTTPViolation) -> Bool {
        while answer == nil {
            guard let head = try heads.next(in: slice, from: &position) else { return false }
            guard !head.isInterim else { continue }
            let framing = try head.bodyFraming(answering: exchange.request.method)
            answer = (head, framing)
            reader = try BodyReader(framing, maximumBytes: exchange.request.responseLimit)
        }
        return true
    }

    private func complete(hasMore: Bool) {
        guard let exchange, let answer else { return }
        let response = HTTPClientResponse(head: answer.head, body: body)
        let isReusable =
            !hasMore && outgoing.isEmpty && stream.isOpen && answer.head.keepsAlive && answer.head.status != 101
            && answer.framing != .untilClose && !exchange.request.headers.list("Connection", contains: "close")
        self.exchange = nil
        self.answer = nil
        reader = nil
        body = []
        hasHeard = false
        exchange.finish(.success(response))
        if isReusable { pool.release(self) } else { abandon() }
    }

    private func fail(_ violation: HTTPViolation, of exchange: HTTPClientExchange) {
        let error: HTTPClientError =
            switch violation {
            case .bodyTooLarge(let limit): .responseTooLarge(limit: limit)
            default: .malformedAnswer(violation)
            }
        exchange.finish(.failure(error))
        abandon()
    }
}

extension HTTPClientConnection: ByteStreamHandler {
    func stream(_ stream: ByteStream, received bytes: inout MutableSpan<UInt8>) {
        read(bytes.span)
    }

    func streamIsWritable(_ stream: ByteStream) {
        if !outgoing.flush({ stream.write($0) }) { stream.askToWrite() }
    }

    func streamClosed(_ stream: ByteStream, _ reason: CloseReason) {
        guard !isOver else { return }
        isOver = true
        stopResting()
        let exchange = self.exchange
        self.exchange = nil
        exchange?.connection = nil
        pool.lost(self)
        guard let exchange else { return }
        if case .peer = reason, let answer, case .untilClose = answer.framing {
            exchange.finish(.success(HTTPClientResponse(head: answer.head, body: body)))
        } else if isKept, !hasHeard, !exchange.isSecondTry, exchange.request.isIdempotent {
            exchange.isSecondTry = true
            pool.begin(exchange)
        } else {
            exchange.finish(.failure(.connection(reason)))
        }
    }
}
