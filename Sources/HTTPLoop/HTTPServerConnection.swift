internal import HTTPWire
internal import SocketLoop
internal import Timeline

/// One connection of a server while it speaks HTTP/1.1: requests one after another, each answered before the next is
/// looked at. An accepted upgrade hands the stream to a `WebSocket`.
///
/// While an answer is worked on or waits for its reader, nothing is read: what the client sends on waits in the network,
/// and a client that closed its side still gets its answer. Whether it is gone altogether is looked at once a second.
final class HTTPServerConnection {
    enum Stage {
        /// Waits for a request, or reads its head.
        case reading
        case collecting
        /// Has answered so much at once that others on the loop have their turn first.
        case resting
        case running
        case streaming
        /// The whole answer is there and waits for the client to take it.
        case flushing
        /// The last answer waits for the client to take it.
        case leaving
        /// The stream is closed, or somebody else's.
        case over
    }

    /// What the one timer waits for.
    enum Patience {
        case request, idle, body, handler, producer, stall, heartbeat
    }

    let stream: ByteStream
    let service: any HTTPService
    let limits: HTTPLimits
    let shared: HTTPServerShared
    private let home: HTTPConnections.Local
    var stage = Stage.reading
    var exchange: HTTPExchange?
    var outgoing = OutgoingQueue()
    private var reader: RequestHeadReader
    /// What came behind a request that is not answered yet: what one or two reads brought in, since no more are made.
    private var early: [UInt8] = []
    private var timer: TimerID?
    private var patience = Patience.request
    /// When the patience ends. The timer may come before, to look at the client.
    private var due = Instant.zero
    private static let look = Duration.seconds(1)
    /// What the client took since it was last given time.
    private var takenBytes = 0
    private var requestCount: UInt64 = 0
    /// Answered since the connection was last heard or rested.
    private var answersInTurn = 0
    /// Requests that one connection may have answered before sockets beside it are looked at: a third of a millisecond.
    private static let answersPerTurn = 32

    init(stream: ByteStream, service: any HTTPService, limits: HTTPLimits, shared: HTTPServerShared) {
        self.stream = stream
        self.service = service
        self.limits = limits
        self.shared = shared
        home = shared.connections.home(of: stream)
        reader = RequestHeadReader(limits: limits.head)
        wait(for: .request, limits.request)
        home.insert(self)
    }

    // MARK: requests

    func read(_ slice: inout MutableSpan<UInt8>) {
        var position = 0
        do throws(HTTPViolation) {
            while position < slice.count {
                switch stage {
                case .reading:
                    guard answersInTurn < Self.answersPerTurn else {
                        rest()
                        continue
                    }
                    guard let request = try reader.next(in: slice.span, from: &position) else {
                        // The head has its own time from its first byte on.
                        if case .idle = patience, !reader.isIdle { wait(for: .request, limits.request) }
                        return
                    }
                    take(request, &slice, from: position)
                case .collecting:
                    guard try exchange?.collect(slice.span, from: &position) ?? false else { return }
                    run()
                case .resting, .running, .streaming, .flushing:
                    keep(slice.span.extracting(position...))
                    return
                case .leaving, .over:
                    return
                }
            }
        } catch {
            refuse(HTTPRefusal(error))
        }
    }

    private func keep(_ bytes: Span<UInt8>) {
        // SAFETY: the array copies the bytes and keeps no pointer.
        unsafe bytes.withUnsafeBufferPointer { unsafe early.append(contentsOf: $0) }
        stream.setReading(false)
    }

    private func rest() {
        stage = .resting
        _ = stream.loop.schedule(after: .zero) { [weak self] _ in
            if let self, case .resting = self.stage { goOn() }
            return nil
        }
    }

    private func take(_ request: RequestHead, _ slice: inout MutableSpan<UInt8>, from position: Int) {
        switch WebSocketUpgrade(request) {
        case .refuse(let refusal): refuse(HTTPRefusal(refusal), request)
        case .notAnUpgrade: answer(request, upgrade: nil, &slice, from: position)
        case .accept(let acceptance): answer(request, upgrade: acceptance, &slice, from: position)
        }
    }

    private func answer(
        _ request: RequestHead, upgrade: WebSocketUpgrade.Acceptance?, _ slice: inout MutableSpan<UInt8>,
        from position: Int
    ) {
        answersInTurn += 1
        switch service.answer(request, upgrade: upgrade, on: stream) {
        case .respond(let response):
            // A body that nobody asked for is not read: what follows it could be anything.
            respond(
                response, keepsAlive: request.keepsAlive && request.body == .empty, omitsBody: request.method == "HEAD")
        case .handle(let handling):
            begin(request, handling)
        case .upgrade(let answer):
            guard let upgrade else {
                let refusal = HTTPRefusal(.upgradeRequired)
                respond(
                    service.answer(refusing: request, refusal, on: stream),
                    keepsAlive: request.keepsAlive && request.body == .empty, omitsBody: request.method == "HEAD")
                return
            }
            becomeWebSocket(upgrade, answer, &slice, from: position)
        }
    }

    private func becomeWebSocket(
        _ upgrade: WebSocketUpgrade.Acceptance, _ answer: UpgradeAnswer, _ slice: inout MutableSpan<UInt8>,
        from position: Int
    ) {
        put(upgrade.response(subprotocol: answer.subprotocol, headers: answer.headers))
        guard outgoing.isEmpty else {
            // A peer that pipelines requests without reading answers has no use for a WebSocket.
            leave()
            return
        }
        finish()
        // Who may have how many of them is for the WebSocket's owner to say, who knows whose it is.
        stream.place?.leave()
        let socket = WebSocket(
            stream: stream, role: .server, subprotocol: answer.subprotocol, limits: answer.limits,
            handler: answer.handler)
        socket.begin(reading: &slice, from: position)
    }

    // MARK: handlers

    private func begin(_ request: RequestHead, _ handling: HTTPHandling) {
        requestCount += 1
        do throws(HTTPViolation) {
            exchange = try HTTPExchange(number: requestCount, head: request, handling: handling, at: stream.loop.now)
        } catch {
            refuse(HTTPRefusal(error), request)
            return
        }
        guard request.body != .empty else { return run() }
        stage = .collecting
        wait(for: .body, limits.body)
        if request.expectsContinue { put(ResponseHead(status: 100)) }
    }

    private func run() {
        guard var exchange else { return }
        stage = .running
        stream.setReading(false)
        wait(for: .handler, exchange.handling.limit)
        exchange.start(for: self)
        self.exchange = exchange
    }

    /// The handler's answer; one that comes too late goes nowhere.
    func handlerAnswered(_ response: HTTPResponse, of number: UInt64) {
        guard case .running = stage, let exchange, exchange.number == number else { return }
        respond(response, keepsAlive: exchange.head.keepsAlive, omitsBody: exchange.omitsBody)
        if case .reading = stage { goOn() }
    }

    // MARK: answers

    /// Answers what this connection will not go on with.
    func refuse(_ refusal: HTTPRefusal, _ request: RequestHead? = nil) {
        let request = request ?? exchange?.head
        let response = service.answer(refusing: request, refusal, on: stream)
        respond(response, keepsAlive: false, omitsBody: request?.method == "HEAD")
    }

    private func respond(_ response: HTTPResponse, keepsAlive: Bool, omitsBody: Bool = false) {
        let keepsAlive = keepsAlive && maySeeMoreRequests
        var headers = response.headers
        let hasBody = response.status != 204 && response.status != 304
        if hasBody { headers.append("Content-Length", String(response.body.count)) }
        if !keepsAlive { headers.append("Connection", "close") }
        put(
            ResponseHead(status: response.status, headers: headers), body: omitsBody || !hasBody ? [] : response.body)
        answered(keepsAlive: keepsAlive)
    }

    /// Not while the server ends, nor from an address that has little room left for others.
    var maySeeMoreRequests: Bool { !shared.isDraining && !(stream.place?.isCrowded ?? false) }

    /// The answer is complete on our side.
    func answered(keepsAlive: Bool) {
        exchange?.end()
        exchange = nil
        guard keepsAlive else { return leave() }
        if outgoing.isEmpty {
            stage = .reading
            wait(for: .idle, limits.idle)
        } else {
            stage = .flushing
            stream.setReading(false)
            waitForReader()
        }
    }

    func put(_ head: ResponseHead, body: [UInt8] = []) {
        var head = head
        if head.status >= 200, !head.headers.contains("Date") { head.headers.append("Date", home.date.text()) }
        var bytes: [UInt8] = []
        do throws(HTTPViolation) {
            try head.write(to: &bytes)
            bytes.append(contentsOf: body)
        } catch {
            assertionFailure("an answer that cannot be written: \(error.message)")
            bytes = Array("HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".utf8)
        }
        put(bytes)
    }

    func put(_ bytes: [UInt8]) {
        let taken = outgoing.isEmpty ? stream.write(bytes.span) ?? bytes.count : 0
        guard taken < bytes.count else { return }
        outgoing.append(bytes.span.extracting(taken...))
        stream.askToWrite()
    }

    /// On to the next request, which may be here already.
    func goOn() {
        stage = .reading
        answersInTurn = 0
        if case .idle = patience {} else { wait(for: .idle, limits.idle) }
        stream.setReading(true)
        guard !early.isEmpty else { return }
        var bytes = early
        early = []
        var slice = bytes.mutableSpan
        read(&slice)
    }

    /// No more requests: what waits goes out, then the connection ends.
    func leave() {
        switch stage {
        case .leaving, .over: return
        case .reading, .collecting, .resting, .running, .streaming, .flushing: break
        }
        stage = .leaving
        early = []
        if outgoing.isEmpty {
            finish()
            stream.close()
        } else {
            waitForReader()
        }
    }

    /// Lets go of the stream: it is closed, or somebody else's from now on.
    private func finish() {
        stage = .over
        stopTimer()
        exchange?.end()
        exchange = nil
        home.remove(self)
    }

    /// The server wants to end. What is under way goes on to its end.
    func drain() {
        switch stage {
        case .reading: if reader.isIdle, outgoing.isEmpty { leave() }
        case .streaming: if exchange?.isEndless ?? false { exchange?.cancel() }
        case .collecting, .resting, .running, .flushing, .leaving, .over: break
        }
    }

    // MARK: time

    private func wait(for what: Patience, _ limit: Duration) {
        patience = what
        let now = stream.loop.now
        due = now.advanced(by: limit)
        let next = nextLook(at: now)
        if let timer, stream.loop.move(timer, to: next) { return }
        timer = stream.loop.schedule(at: next) { [unowned self] now in
            if now < due, !stream.isReset { return nextLook(at: now) }
            timer = nil
            if now < due { stream.kill() } else { lostPatience() }
            return nil
        }
    }

    /// While nothing is read, and nothing written either, nobody else would notice that the client is gone.
    private func nextLook(at now: Instant) -> Instant {
        switch patience {
        case .handler, .producer: min(due, now.advanced(by: Self.look))
        case .request, .idle, .body, .stall, .heartbeat: due
        }
    }

    func stopTimer() {
        if let timer { stream.loop.cancel(timer) }
        timer = nil
    }

    /// Gives a slow client its time, from the moment on at which something began to wait for it.
    func waitForReader() {
        if case .stall = patience, timer != nil { return }
        takenBytes = 0
        wait(for: .stall, limits.stall)
    }

    /// Nothing waits for the client. An endless answer may be silent, any other must go on.
    func waitForProducer() {
        guard let exchange else { return }
        if let heartbeat = exchange.heartbeat {
            wait(for: .heartbeat, heartbeat.every)
        } else {
            wait(for: .producer, exchange.handling.limit)
        }
    }

    private func lostPatience() {
        switch patience {
        case .idle: leave()
        case .request:
            // Nobody who sent nothing is owed a word.
            if reader.isIdle { leave() } else { refuse(.slowRequest) }
        case .body: refuse(.slowBody)
        case .handler: refuse(.slowHandler)
        case .heartbeat: beat()
        case .stall: giveUp(.clientTooSlow)
        case .producer: giveUp(.cancelled)
        }
    }
}

extension HTTPServerConnection {
    /// Ends an answer that has begun: only the connection's end tells that something is missing.
    func giveUp(_ end: HTTPStreamEnd) {
        exchange?.fail(end)
        stream.kill(reset: true)
    }
}

extension HTTPServerConnection: ByteStreamHandler {
    func stream(_ stream: ByteStream, received bytes: inout MutableSpan<UInt8>) {
        answersInTurn = 0
        read(&bytes)
    }

    func streamIsWritable(_ stream: ByteStream) {
        let waiting = outgoing.count
        guard outgoing.flush({ stream.write($0) }) else {
            takenBytes += waiting - outgoing.count
            if takenBytes >= HTTPLimits.progressBytes {
                takenBytes = 0
                wait(for: .stall, limits.stall)
            }
            stream.askToWrite()
            return
        }
        switch stage {
        case .flushing: goOn()
        case .leaving:
            finish()
            stream.close()
        case .streaming: drained()
        case .reading, .collecting, .resting, .running, .over: break
        }
    }

    func streamClosed(_ stream: ByteStream, _ reason: CloseReason) {
        exchange?.fail(.clientGone)
        finish()
    }
}
