internal import HTTPLoop
internal import HTTPWire
internal import SocketLoop
internal import Timeline
internal import Wording

/// One stream of a call, on its loop: the carrier's end of the socket, with a caller who follows a script.
final class PhoneStream {
    /// How a stream's owner hears of it.
    struct Outcome: Sendable {
        var report: StreamReport
        var script: ScriptMachine
        var failures: [PhoneFailure]
        var endWasExpected: Bool
    }

    /// A frame on a bad road.
    struct Underway {
        let moment: Instant
        /// Nil: it gets lost.
        let bytes: [UInt8]?
        let milliseconds: Int
    }

    private static let levelsEvery = 5

    let core: LoopCore
    let plan: StreamPlan
    private let tell: @Sendable (PhoneNews, Duration) -> Void
    private let done: (Outcome) -> Void
    private let asked: Instant
    var began: Instant
    var socket: WebSocket?
    var opening: WebSocketOpening?
    var writer: StreamWriter
    var script: ScriptMachine
    var playback: Playback
    var ear = AgentEar()
    var voice = CallerVoice()
    let coder: LineCoder
    var road: RoughRoad
    var log: StreamLog
    var failures: [PhoneFailure] = []
    var lastClear: Instant?
    var lastSent = ""
    var lastFrame: [UInt8] = []
    var underway: [Underway] = []
    var roadTimer: TimerID?
    var framesDue = 0
    private var ticks = 0
    private var markTimer: TimerID?
    var patience: TimerID?
    /// Set once this side has ended the stream.
    var ending: StreamReport.EndedBy?
    var isDeaf = false
    var isOver = false

    init(
        _ plan: StreamPlan, script: ScriptMachine, on core: LoopCore,
        tell: @escaping @Sendable (PhoneNews, Duration) -> Void, done: @escaping (Outcome) -> Void
    ) {
        self.core = core
        self.plan = plan
        self.script = script
        self.tell = tell
        self.done = done
        asked = core.now
        began = asked
        writer = StreamWriter(plan.identity, dialect: plan.dialect)
        coder = LineCoder(plan.dialect.codec)
        playback = Playback(origin: asked)
        road = RoughRoad(seed: plan.seed)
        log = StreamLog(stream: plan.identity.stream, at: asked)
    }

    func open() {
        var headers: Headers = ["User-Agent": plan.dialect.userAgent]
        if let token = plan.streamToken { headers.append("X-Telnyx-Streaming-Auth-Token", token) }
        if let signature = plan.signature { headers.append("X-Twilio-Signature", signature) }
        let limits = WebSocketLimits(waitingBytes: 1 << 20, heartbeat: .zero, silence: .zero)
        let request = WebSocketRequest(plan.url, headers: headers, limits: limits, tls: plan.tls)
        opening = core.openWebSocket(request, deadline: asked.advanced(by: plan.openingLimit), handler: self) {
            [weak self] failure in
            self?.refused(failure)
        }
    }

    private func refused(_ failure: WebSocketOpeningFailure) {
        var text = failure.message
        if case .handshake(_, let body) = failure, !body.isEmpty { text += " It said: \(PeerText(body.span))" }
        let by = ending ?? .refused
        if by == .refused { fail("the stream did not open: \(text)") }
        finish(by, code: WebSocketEnding.abnormal, reason: text)
    }

    func news(_ news: PhoneNews) {
        tell(news, began.duration(to: core.now))
    }

    func fail(_ text: String, step: PhoneStep? = nil) {
        failures.append(PhoneFailure(text: text, step: step, at: began.duration(to: core.now)))
        news(.failure(failures[failures.count - 1].shown))
    }

    // MARK: marks

    private func returnMarks(at now: Instant) {
        for name in playback.dueMarks(at: now) { returnMark(name) }
        if let markTimer { core.cancel(markTimer) }
        markTimer = nil
        guard let next = playback.nextMark else { return }
        markTimer = core.schedule(at: next) { [weak self] now in
            self?.markTimer = nil
            self?.returnMarks(at: now)
            return nil
        }
    }

    private func returnMark(_ name: String) {
        guard send(writer.mark(name)) else { return }
        log.update { $0.marksReturned += 1 }
        news(.mark(name))
    }

    // MARK: listening

    private func take(_ message: BridgeMessage, at now: Instant) {
        switch message {
        case .media(let bytes):
            log.update {
                $0.mediaReceived += 1
                $0.bytesReceived += bytes.count
            }
            guard playback.play(bytes, at: now) else {
                warn(BridgeMessage.Fault(code: BridgeMessage.Fault.bufferFull, text: "more than 10 minutes wait"))
                return
            }
        case .mark(let name):
            log.update { $0.marksReceived += 1 }
            playback.mark(name, at: now)
            returnMarks(at: now)
        case .clear:
            listen(until: now, isLast: true)
            let dropped = playback.clear(at: now)
            lastClear = now
            log.cleared(at: now, droppedBytes: dropped.droppedBytes, marks: dropped.marks.count)
            news(.cleared(dropped: .microseconds(125 * dropped.droppedBytes), marks: dropped.marks.count))
            if let event = ear.cleared() { hear(event) }
            for name in dropped.marks { returnMark(name) }
            returnMarks(at: now)
        }
    }

    /// With audio as it is played: packets are one a message.
    private func decoded(_ message: BridgeMessage) throws(BridgeMessage.Fault) -> BridgeMessage {
        guard case .media(let audio) = message else { return message }
        guard let bytes = coder.decode(audio) else {
            throw BridgeMessage.Fault(code: BridgeMessage.Fault.invalid, text: "audio that is no Opus packet")
        }
        return .media(bytes)
    }

    func warn(_ fault: BridgeMessage.Fault) {
        log.warn(fault)
        news(.warning("\(fault.code): \(fault.text)"))
    }

    /// Listens to what was played until now, in whole frames; with `isLast` also to the part of one.
    private func listen(until now: Instant, isLast: Bool = false) {
        let end = playback.place(at: now)
        while ear.place + AgentEar.frameBytes <= end { listen(to: AgentEar.frameBytes) }
        if isLast, ear.place < end { listen(to: end - ear.place) }
    }

    private func listen(to count: Int) {
        if let event = ear.hear(playback.heard(ear.place..<ear.place + count)) { hear(event) }
    }

    private func hear(_ event: AgentEar.Event) {
        switch event {
        case .began(let place):
            log.agentBegan(at: playback.time(at: place))
            news(.agentBegan)
        case .ended(let place):
            log.agentEnded(at: playback.time(at: place))
            news(.agentEnded)
        }
    }

    var facts: PhoneFacts {
        var facts = PhoneFacts()
        facts.agentSince = ear.beganPlace.map { playback.time(at: $0) }
        facts.agentHeard = ear.quietSince > 0 ? playback.time(at: ear.quietSince) : nil
        facts.callerSpeaks = voice.isSpeaking
        facts.lastClear = lastClear
        facts.hearsTone = { [ear] in ear.hearsTone($0) }
        return facts
    }

    // MARK: the end

    func finish(_ by: StreamReport.EndedBy, code: UInt16, reason: String) {
        guard !isOver else { return }
        isOver = true
        core.removeFromGrid(self)
        for timer in [markTimer, roadTimer, patience].compactMap({ $0 }) { core.cancel(timer) }
        let now = core.now
        if socket != nil { listen(until: now, isLast: true) }
        let meeting = script.streamEnded(code: code)
        if case .fail(let step, let text)? = meeting.failure { fail(text, step: step) }
        let report = log.finish(
            playback, StreamReport.End(by: by, code: code, reason: PeerText(reason).description), at: now)
        news(.ended("by \(by.rawValue), code \(code)\(reason.isEmpty ? "" : ": \(PeerText(reason))")"))
        done(Outcome(report: report, script: script, failures: failures, endWasExpected: meeting.wasExpected))
    }
}

extension PhoneStream: WebSocketHandler {
    func webSocketOpened(_ socket: WebSocket) {
        self.socket = socket
        opening = nil
        guard ending == nil else { return socket.kill() }
        began = core.now
        playback = Playback(origin: began)
        log = StreamLog(stream: plan.identity.stream, at: began)
        let connecting = asked.duration(to: began)
        log.update { $0.connecting = connecting }
        news(.opened(afterMilliseconds: Int(connecting.inSeconds * 1_000)))
        send(writer.connected)
        send(writer.start(parameters: plan.parameters, parties: plan.parties))
        news(.started(stream: plan.identity.stream))
        core.addToGrid(self)
    }

    func webSocket(_ socket: WebSocket, text: Span<UInt8>) {
        do throws(BridgeMessage.Fault) {
            let stream = plan.dialect == .twilio ? plan.identity.stream : nil
            take(try decoded(try BridgeMessage(text, stream: stream)), at: core.now)
        } catch {
            warn(error)
        }
    }

    func webSocket(_ socket: WebSocket, binary: Span<UInt8>) {
        warn(BridgeMessage.Fault(code: BridgeMessage.Fault.undecodable, text: "a binary message"))
    }

    func webSocketDrained(_ socket: WebSocket) {}

    func webSocketClosed(_ socket: WebSocket, _ ending: WebSocketEnding) {
        let by: StreamReport.EndedBy =
            switch ending.cause {
            case .peer: .agent
            case .us: .caller
            case .violation, .silence, .slow, .connection: .lost
            }
        finish(self.ending ?? by, code: ending.code, reason: ending.reason)
    }
}

extension PhoneStream: MediaGridListener {
    func gridTick(at now: Instant, periods: UInt64) -> Instant {
        tick(at: now)
        return now
    }

    private func tick(at now: Instant) {
        guard ending == nil, !isDeaf else { return }
        listen(until: now)
        for command in script.advance(at: now, facts) { follow(command, at: now) }
        guard ending == nil, !isDeaf else { return }
        sendDueFrames(at: now)
        ticks += 1
        if ticks % Self.levelsEvery == 0 {
            let waiting = Duration.microseconds(125 * playback.waitingBytes(at: now))
            news(.levels(caller: MuLaw.decode(lastFrame).level, agent: ear.level, waiting: waiting))
        }
        if began.duration(to: now) >= plan.timeLimit {
            fail("the call took longer than its time limit")
            hangUp(as: .timeLimit)
        }
    }
}
