internal import HTTPWire
internal import SocketLoop

// Answers whose body comes bit by bit. All of it on the loop; `number` tells a producer that was given up.
extension HTTPServerConnection {
    private var isHeldUp: Bool { outgoing.count > HTTPLimits.waitingBytes || stream.isCongested }

    func beginStream(_ answer: HTTPStream, of number: UInt64) {
        guard case .running = stage, let head = exchange?.head, exchange?.number == number else { return }
        exchange?.streams(answer)
        let keepsAlive = keepsAliveAfterStream
        var headers = answer.headers
        if head.version == .http11 { headers.append("Transfer-Encoding", "chunked") }
        if !keepsAlive { headers.append("Connection", "close") }
        put(ResponseHead(status: answer.status, headers: headers))
        guard head.method != "HEAD" else { return complete(keepsAlive: keepsAlive) }
        stage = .streaming
        // An endless answer ends when its client goes, which only a stream that is read tells.
        if answer.isEndless { stream.setReading(true) }
        settle()
        if answer.isEndless, shared.isDraining { exchange?.cancel() }
    }

    /// `done` is told when there is room for more, or why there will never be.
    func write(_ bytes: [UInt8], of number: UInt64, _ done: @escaping (HTTPStreamEnd?) -> Void) {
        guard case .streaming = stage, let exchange, exchange.number == number else { return done(.clientGone) }
        putPiece(bytes, isChunked: exchange.isChunked)
        settle()
        if isHeldUp { self.exchange?.wait(done) } else { done(nil) }
    }

    private func settle() {
        guard !outgoing.isEmpty || stream.isCongested else { return waitForProducer() }
        stream.askToWrite()
        waitForReader()
    }

    private func putPiece(_ bytes: [UInt8], isChunked: Bool) {
        guard isChunked else { return put(bytes) }
        var chunk: [UInt8] = []
        chunk.reserveCapacity(bytes.count + 16)
        HTTPChunk.write(bytes.span, to: &chunk)
        put(chunk)
    }

    func stopWaiting(_ number: UInt64, _ end: HTTPStreamEnd) {
        if exchange?.number == number { exchange?.resume(end) }
    }

    /// All that waited has gone out.
    func drained() {
        settle()
        if !isHeldUp { exchange?.resume() }
    }

    func beat() {
        guard case .streaming = stage, let exchange, let heartbeat = exchange.heartbeat else { return }
        putPiece(heartbeat.bytes, isChunked: exchange.isChunked)
        settle()
    }

    func endStream(of number: UInt64, isWhole: Bool) {
        guard case .streaming = stage, let exchange, exchange.number == number else { return }
        // An endless answer has no end that could be missing.
        guard isWhole || exchange.isEndless else {
            giveUp(.cancelled)
            return
        }
        if exchange.isChunked {
            var end: [UInt8] = []
            HTTPChunk.writeEnd(to: &end)
            put(end)
        }
        complete(keepsAlive: keepsAliveAfterStream)
    }

    private var keepsAliveAfterStream: Bool {
        guard let head = exchange?.head else { return false }
        return head.keepsAlive && head.version == .http11 && !isEndlessExchange && maySeeMoreRequests
    }

    private var isEndlessExchange: Bool { exchange?.isEndless ?? false }

    private func complete(keepsAlive: Bool) {
        answered(keepsAlive: keepsAlive)
        if case .reading = stage { goOn() }
    }
}
