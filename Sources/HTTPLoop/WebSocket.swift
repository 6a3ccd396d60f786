public import HTTPWire
public import SocketLoop
public import Timeline

/// One WebSocket, either side, on one loop. Not for other threads.
///
/// Frames go straight to the socket while the peer keeps up; else they wait, up to a limit, behind one another. Every ping
/// is answered, our own are sent on time, and each end is told exactly once.
public final class WebSocket {
    /// What became of a message.
    public enum Sent: Hashable, Sendable {
        /// The kernel has it.
        case sent
        /// The peer is slow; it waits. Stop sending until `webSocketDrained`, or take care of the limit.
        case waiting
        /// The peer is so slow that the limit would be passed; nothing of it was sent.
        case full
        /// The connection is over, or closing.
        case closed
    }

    /// What every frame touches.
    private struct Hot: ~Copyable {
        var outgoing = OutgoingQueue()
        var reader: WebSocketReader
    }

    private enum Stage {
        case open
        /// We sent our close frame and wait for the peer's.
        case closing
        /// Nothing more is said; the transport is being closed.
        case done
    }

    // What every frame touches comes first, to share a cache line.
    public let stream: ByteStream
    private let hot: Owned<Hot>
    public private(set) var handler: (any WebSocketHandler)?
    /// When the peer last sent anything, to the millisecond.
    public private(set) var lastHeard: Instant
    private var stage = Stage.open
    public let role: WebSocketRole

    private let limits: WebSocketLimits
    public let subprotocol: String?
    private var ending: WebSocketEnding?
    private var isWriteAwaited = false
    private var heartbeat: TimerID?
    private var patience: TimerID?

    init(
        stream: ByteStream, role: WebSocketRole, subprotocol: String?, limits: WebSocketLimits,
        handler: any WebSocketHandler
    ) {
        self.stream = stream
        self.role = role
        self.subprotocol = subprotocol
        self.limits = limits
        self.handler = handler
        hot = Owned(Hot(reader: WebSocketReader(role: role, maximumMessageBytes: limits.messageBytes)))
        lastHeard = stream.loop.turnTime
    }

    /// Takes over the stream. From `position` on, `slice` is what came behind the handshake in the same read.
    func begin(reading slice: inout MutableSpan<UInt8>, from position: Int) {
        stream.hand(to: self)
        startHeartbeat()
        handler?.webSocketOpened(self)
        if position < slice.count { read(&slice, from: position) }
    }

    public var isOpen: Bool {
        switch stage {
        case .open: true
        case .closing, .done: false
        }
    }

    /// What waits for a slow peer.
    public var waitingBytes: Int { hot.value.outgoing.count }

    /// Stops or resumes reading: what the peer sends then waits in the network, and slows it down.
    public func setReading(_ enabled: Bool) {
        stream.setReading(enabled)
    }

    /// Tells that most of what comes in here leaves by `other`, and that `objects` take it there. Only speed depends on it.
    package func feeds(_ other: WebSocket, through objects: [AnyObject]) {
        var places = unsafe [place, hot.place, hot.place + 64]
        for object in objects { unsafe places.append(UnsafeRawPointer(Unmanaged.passUnretained(object).toOpaque())) }
        unsafe places += [other.place, other.hot.place]
        unsafe stream.looksAhead(to: places, writingTo: other.stream)
    }

    private var place: UnsafeRawPointer { unsafe UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque()) }

    // MARK: sending

    public func send(text: Span<UInt8>) -> Sent { send(.text, text) }
    public func send(binary: Span<UInt8>) -> Sent { send(.binary, binary) }

    private func send(_ opcode: WebSocketOpcode, _ payload: Span<UInt8>) -> Sent {
        guard case .open = stage else { return .closed }
        guard hot.value.outgoing.count + payload.count <= limits.waitingBytes else { return .full }
        return put(opcode, payload)
    }

    /// Sends two texts in one write, or neither.
    public func send(text: Span<UInt8>, then second: Span<UInt8>) -> Sent {
        guard case .open = stage else { return .closed }
        guard hot.value.outgoing.count + text.count + second.count <= limits.waitingBytes else { return .full }
        let maskKeys = role == .client ? (stream.loop.randomWord(), stream.loop.randomWord()) : nil
        let isMasked = maskKeys != nil
        let room =
            WebSocketFrame.byteCount(payloadByteCount: text.count, isMasked: isMasked)
            + WebSocketFrame.byteCount(payloadByteCount: second.count, isMasked: isMasked)
        return stream.loop.withScratch(byteCount: room) { scratch in
            var end = WebSocketFrame.encode(.text, payload: text, maskKey: maskKeys?.0, into: &scratch)
            end = WebSocketFrame.encode(.text, payload: second, maskKey: maskKeys?.1, into: &scratch, at: end)
            return write(scratch.span.extracting(first: end))
        }
    }

    private func put(_ opcode: WebSocketOpcode, _ payload: Span<UInt8>) -> Sent {
        let maskKey = role == .client ? stream.loop.randomWord() : nil
        return stream.loop.withScratch(
            byteCount: WebSocketFrame.byteCount(payloadByteCount: payload.count, isMasked: maskKey != nil)
        ) { scratch in
            let count = WebSocketFrame.encode(opcode, payload: payload, maskKey: maskKey, into: &scratch)
            return write(scratch.span.extracting(first: count))
        }
    }

    private func write(_ frame: Span<UInt8>) -> Sent {
        var taken = 0
        if hot.value.outgoing.isEmpty {
            guard let now = stream.write(frame) else { return .closed }
            guard now < frame.count else { return .sent }
            taken = now
        }
        hot.value.outgoing.append(frame.extracting(taken...))
        awaitWriting()
        return .waiting
    }

    private func awaitWriting() {
        guard !isWriteAwaited else { return }
        isWriteAwaited = true
        stream.askToWrite()
    }

    // MARK: closing

    /// Says goodbye with `code`; the end is told once the peer has answered, or when time is up.
    public func close(code: UInt16? = WebSocketCloseCode.normal, reason: String = "") {
        close(code: code, reason: reason, cause: .us)
    }

    /// Ends the connection at once, without a word.
    public func kill() {
        finish(WebSocketEnding(cause: .us, code: WebSocketEnding.abnormal, reason: ""), politely: false)
    }

    private func close(code: UInt16?, reason: String, cause: WebSocketEnding.Cause) {
        guard case .open = stage else { return }
        sayGoodbye(code: code, reason: reason)
        stage = .closing
        ending = WebSocketEnding(cause: cause, code: code ?? WebSocketEnding.noCode, reason: reason)
        patience = stream.loop.schedule(after: limits.closing) { [unowned self] _ in
            patience = nil
            finish(nil, politely: false)
            return nil
        }
    }

    private func sayGoodbye(code: UInt16?, reason: String) {
        let maskKey = role == .client ? stream.loop.randomWord() : nil
        _ = stream.loop.withScratch(byteCount: WebSocketFrame.maximumCloseByteCount) { scratch in
            let count = WebSocketFrame.encodeClose(code: code, reason: reason, maskKey: maskKey, into: &scratch)
            return write(scratch.span.extracting(first: count))
        }
    }

    /// No more words: the transport goes down, once what waits has gone out if that is wanted.
    private func finish(_ ending: WebSocketEnding?, politely: Bool) {
        if case .done = stage { return }
        stage = .done
        if self.ending == nil { self.ending = ending }
        stopTimers()
        guard politely else {
            hot.value.outgoing.drop()
            stream.kill()
            return
        }
        if hot.value.outgoing.isEmpty {
            stream.close(within: limits.closing)
        } else {
            // `streamIsWritable` closes it then; a peer that takes nothing must not hold us.
            patience = stream.loop.schedule(after: limits.closing) { [unowned self] _ in
                patience = nil
                hot.value.outgoing.drop()
                stream.kill()
                return nil
            }
        }
    }

    private func stopTimers() {
        if let heartbeat { stream.loop.cancel(heartbeat) }
        if let patience { stream.loop.cancel(patience) }
        heartbeat = nil
        patience = nil
    }

    // MARK: signs of life

    private func startHeartbeat() {
        guard limits.heartbeat > .zero else { return }
        heartbeat = stream.loop.schedule(after: limits.heartbeat) { [unowned self] now in beat(at: now) }
    }

    private func beat(at now: Instant) -> Instant? {
        guard limits.silence == .zero || lastHeard.duration(to: now) < limits.silence else {
            heartbeat = nil
            finish(WebSocketEnding(cause: .silence, code: WebSocketEnding.abnormal, reason: ""), politely: false)
            return nil
        }
        hot.value.reader.giveBackIdleBuffer()
        if case .open = stage, hot.value.outgoing.isEmpty { _ = put(.ping, Span()) }
        return now.advanced(by: limits.heartbeat)
    }

    // MARK: receiving

    private func read(_ slice: inout MutableSpan<UInt8>, from start: Int = 0) {
        lastHeard = stream.loop.turnTime
        var position = start
        do throws(WebSocketViolation) {
            while let event = try hot.value.reader.next(in: &slice, from: &position) {
                if case .done = stage { return }
                take(event, from: slice.span)
            }
        } catch {
            fail(error)
        }
    }

    private func take(_ event: WebSocketEvent, from slice: Span<UInt8>) {
        switch event {
        case .text(let place):
            guard case .open = stage else { return }
            withPayload(at: place, in: slice) { handler?.webSocket(self, text: $0) }
        case .binary(let place):
            guard case .open = stage else { return }
            withPayload(at: place, in: slice) { handler?.webSocket(self, binary: $0) }
        case .ping(let place):
            guard case .open = stage else { return }
            withPayload(at: place, in: slice) { answerPing($0) }
        case .pong: return
        case .close(let close): peerCloses(close)
        }
    }

    private func withPayload(at place: PayloadPlace, in slice: Span<UInt8>, _ body: (Span<UInt8>) -> Void) {
        switch place {
        case .slice(let range): body(slice.extracting(range))
        case .assembled: hot.value.reader.withAssembled(body)
        }
    }

    /// Each ping gets its pong, as long as the peer takes them: one that only asks and never reads is ended.
    private func answerPing(_ payload: Span<UInt8>) {
        guard hot.value.outgoing.count <= limits.waitingBytes else {
            finish(WebSocketEnding(cause: .slow, code: WebSocketEnding.abnormal, reason: ""), politely: false)
            return
        }
        _ = put(.pong, payload)
    }

    private func peerCloses(_ close: WebSocketClose) {
        let code = close.code ?? WebSocketEnding.noCode
        switch stage {
        case .open:
            // The peer's code goes back as it came.
            sayGoodbye(code: close.code, reason: "")
            leave(WebSocketEnding(cause: .peer, code: code, reason: close.reason))
        case .closing:
            let cause = ending?.cause ?? .us
            ending = WebSocketEnding(cause: cause, code: code, reason: close.reason)
            leave(nil)
        case .done: return
        }
    }

    /// Both close frames are on the wire. The server ends the connection; a client waits a moment for it to do so.
    private func leave(_ ending: WebSocketEnding?) {
        switch role {
        case .server: finish(ending, politely: true)
        case .client:
            if self.ending == nil { self.ending = ending }
            stage = .closing
            if let patience { stream.loop.cancel(patience) }
            patience = stream.loop.schedule(after: limits.closing) { [unowned self] _ in
                patience = nil
                finish(nil, politely: true)
                return nil
            }
        }
    }

    private func fail(_ violation: WebSocketViolation) {
        guard case .open = stage else {
            finish(nil, politely: true)
            return
        }
        sayGoodbye(code: violation.closeCode, reason: violation.message)
        finish(
            WebSocketEnding(cause: .violation(violation), code: violation.closeCode, reason: violation.message),
            politely: true)
    }
}

extension WebSocket: ByteStreamHandler {
    public func stream(_ stream: ByteStream, received bytes: inout MutableSpan<UInt8>) {
        read(&bytes)
    }

    public func streamIsWritable(_ stream: ByteStream) {
        isWriteAwaited = false
        guard hot.value.outgoing.flush({ stream.write($0) }) else {
            awaitWriting()
            return
        }
        switch stage {
        case .open: handler?.webSocketDrained(self)
        case .closing: return
        case .done:
            stopTimers()
            stream.close(within: limits.closing)
        }
    }

    public func streamClosed(_ stream: ByteStream, _ reason: CloseReason) {
        stage = .done
        stopTimers()
        hot.value.outgoing.drop()
        let handler = self.handler
        self.handler = nil
        handler?.webSocketClosed(
            self,
            ending
                ?? WebSocketEnding(
                    cause: .connection(reason.message), code: WebSocketEnding.abnormal, reason: reason.message))
    }
}
