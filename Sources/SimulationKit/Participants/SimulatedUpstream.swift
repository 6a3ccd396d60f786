internal import Addresses
internal import CallCore
internal import CallRuntime
internal import HTTPWire
internal import JSONWire
internal import PracticeKit
internal import Timeline
internal import UpstreamWire

/// Upstreams as calls reach them: each attempt meets what the call's plan says.
final class SimulatedDialer: UpstreamDialing {
    private let world: World
    private let shape: Shape
    private let shelf: ToneShelf
    var calls: [Int: SimulatedCall] = [:]

    init(_ world: World, shape: Shape, shelf: ToneShelf) {
        self.world = world
        self.shape = shape
        self.shelf = shelf
    }

    func dial(
        _ request: UpstreamConnectRequest, deadline: Deadline, owner: any CallSocketOwner,
        failed: @escaping (UpstreamRefusal) -> Void
    ) -> any UpstreamDial {
        let dial = Dial()
        // The call's number is its agent's model.
        let digits = request.url.description.reversed().prefix { $0.isNumber }.reversed()
        guard let call = Int(String(digits)).flatMap({ calls[$0] }) else {
            world.violated("an upstream is dialled for nobody", "\(request.url)")
            return dial
        }
        let attempt = call.dials.count
        call.dials.append(world.now)
        let plan = call.plan.attempts[min(attempt, call.plan.attempts.count - 1)]
        world.note("bridge dials", call: call.number, number: attempt, "attempt \(attempt + 1): \(plan.answer)")
        let limit = deadline.instant ?? .distantFuture
        let isTimely = world.now.advanced(by: plan.wait) < limit
        world.at(isTimely && !plan.answer.isSilence ? world.now.advanced(by: plan.wait) : limit) { [self] in
            guard !dial.isCancelled else { return }
            switch plan.answer {
            case .accept where isTimely: accept(plan, call, attempt, owner)
            case .refuse(let status) where isTimely:
                failed(.answer(status: status, headers: [:], body: Array("{\"error\":{\"message\":\"no\"}}".utf8)))
            case .accept, .refuse, .unreachable, .silence: failed(.unreachable("no answer"))
            }
        }
        return dial
    }

    private func accept(_ plan: UpstreamPlan, _ call: SimulatedCall, _ attempt: Int, _ owner: any CallSocketOwner) {
        let upstream = SimulatedUpstream(call, plan: plan, attempt: attempt, shelf: shelf, isFull: shape.isFull)
        call.upstreams.append(upstream)
        upstream.begin(owner)
    }

    private final class Dial: UpstreamDial {
        var isCancelled = false
        func cancel() { isCancelled = true }
    }
}

extension UpstreamPlan.Answer {
    fileprivate var isSilence: Bool {
        switch self {
        case .silence: true
        case .refuse, .unreachable, .accept: false
        }
    }
}

/// One session of a practice agent on its connection.
final class SimulatedUpstream: ConnectionPeer {
    private static let deltaHead = Array("{\"type\":\"response.output_audio.delta\"".utf8)
    private static let speechHead = Array("{\"type\":\"input_audio_buffer.speech_started\"".utf8)
    /// In sparse worlds: for so long after what the caller said, silence may still mean something.
    private static let attention = Duration.seconds(1)

    /// What it is told when the bridge takes in a message.
    private enum Tag {
        static let updated = 1
        static let speech = 2
    }

    private static let updatedHead = Array("{\"type\":\"session.updated\"".utf8)

    private let world: World
    private unowned let call: SimulatedCall
    private let plan: UpstreamPlan
    private let isFull: Bool
    private(set) var link: Connection?
    private var session: PracticeSession
    private var planned: Instant?
    /// When the caller said something last.
    private var lastWord = Instant.zero
    private var isOver = false
    private var isFrozen = false
    /// When the bridge got to know that the session is set up.
    private(set) var ready: Instant?
    /// It closed with 1000: an ordinary end.
    private(set) var saidGoodbye = false

    init(_ call: SimulatedCall, plan: UpstreamPlan, attempt: Int, shelf: ToneShelf, isFull: Bool) {
        self.call = call
        self.plan = plan
        self.isFull = isFull
        world = call.world
        var settings = plan.settings
        settings.replySound = call.agentSound
        session = PracticeSession(
            connection: call.number * 10 + attempt, model: "call-\(call.number)", settings: settings,
            epoch: 1_795_500_000, shelf: shelf, at: call.world.now)
    }

    var answersClose: Duration? { plan.answersClose }

    func begin(_ owner: any CallSocketOwner) {
        if plan.hasOtherAudio { call.hasOtherAudio = true }
        let link = Connection(
            world, call: call.number, name: "upstream", role: .client, weather: plan.weather, owner: owner, peer: self)
        self.link = link
        link.tap = { [unowned self] text in heard(text) }
        link.begin()
        let rejection: PracticeSession.Rejection? =
            plan.settings.faults.contains(.badKey)
            ? .invalidKey : plan.settings.faults.contains(.modelNotFound) ? .modelNotFound : nil
        carryOut(session.open(at: world.now, rejecting: rejection))
    }

    /// What the bridge sends, as it sends it: the order of what the caller says. False for silence on which nothing
    /// depends, where media is looked at only around events.
    private func heard(_ text: Span<UInt8>) -> Bool {
        if let place = AppendedAudio.place(in: text) {
            let audio = text.extracting(place)
            guard !AppendedAudio.isSilent(audio) else {
                return isFull || session.isCallerSpeaking || lastWord.duration(to: world.now) < Self.attention
            }
            lastWord = world.now
            if !call.hasOtherAudio, let bytes = Base64.decode(audio) { call.upstreamHears(bytes) }
        } else if !call.hasOtherAudio, let message = try? JSONObject(parsing: text),
            let end = try? message.integer("audio_end_ms")
        {
            call.cuts.told(Int(end))
        }
        return true
    }

    func received(_ text: [UInt8]) {
        guard !isOver, !isFrozen else { return }
        carryOut(session.receive(text.span, at: world.now))
    }

    func arrived(_ tag: Int) {
        if tag == Tag.updated { ready = ready ?? world.now } else { call.callerInterrupts() }
    }

    func bridgeClosed(code: UInt16) { close(code: code, byPeer: true) }
    func lost() { close(code: 1006, byPeer: true) }

    private func close(code: UInt16, byPeer: Bool) {
        guard !isOver else { return }
        isOver = true
        world.note("upstream ended", call: call.number, number: Int(code), "\(code)")
        _ = session.closed(code: Int(code), reason: "", byPeer: byPeer, at: world.now)
    }

    private func carryOut(_ effects: [PracticeSession.Effect]) {
        for effect in effects {
            switch effect {
            case .send(let text): send(text)
            case .close(let code, let reason):
                link?.peerCloses(code, reason)
                saidGoodbye = code == 1000
                close(code: code, byPeer: false)
            case .reset:
                link?.peerResets()
                close(code: 1006, byPeer: false)
            case .freeze:
                isFrozen = true
                link?.goesDead()
            case .report(let report): take(report)
            }
        }
        wake()
    }

    private func take(_ report: PracticeReport) {
        if case .toolCalled("end_call", _, _) = report { call.farewellSeen = true }
        world.note("upstream", call: call.number, report.sentence)
    }

    private func send(_ text: [UInt8]) {
        if text.span.begins(with: Self.deltaHead) { call.agentHasSpoken = true }
        let tag =
            text.span.begins(with: Self.updatedHead)
            ? Tag.updated : text.span.begins(with: Self.speechHead) ? Tag.speech : 0
        link?.sendToBridge(text, tag: tag)
    }

    private func wake() {
        guard !isOver, !isFrozen, let due = session.wakeUp.instant, planned.map({ due < $0 }) ?? true else { return }
        planned = due
        world.at(due) { [weak self] in
            guard let self, planned == due else { return }
            planned = nil
            guard !isOver, !isFrozen else { return }
            carryOut(session.advance(to: world.now))
        }
    }
}

extension Span<UInt8> {
    func begins(with head: [UInt8]) -> Bool {
        guard count >= head.count else { return false }
        for index in head.indices where self[index] != head[index] { return false }
        return true
    }
}
