internal import CallCore
internal import HTTPWire
internal import JSONWire
internal import PracticeKit
internal import Timeline

/// One session of an agent on its connection.
final class SimulatedUpstream: ConnectionPeer {
    /// In sparse worlds: for so long after what the caller said, silence may still mean something.
    private static let attention = Duration.seconds(1)
    private static let signOfLife = Duration.seconds(20)

    /// What an upstream only says of a client that does not keep to the protocol.
    private static let faultsOfBridge: Set = ["practice.no_pong", "invalid_message", "invalid_event"]

    /// What it is told when the bridge takes in a message.
    private enum Tag {
        static let ready = 1
        static let interruption = 2
        static let agentAudio = 3
    }

    private let world: World
    private unowned let call: SimulatedCall
    let side: AgentSide
    let vendor: UpstreamVendor
    private let plan: UpstreamPlan
    private let isFull: Bool
    private let dialect: AgentDialect
    private var session: PracticeSession
    private(set) var link: Connection?
    private var planned: Instant?
    /// When the caller said something last, and when there was any audio that got through.
    private var lastWord = Instant.zero
    private var lastAudio = Instant.zero
    private var isOver = false
    private var isFrozen = false
    /// When the bridge got to know that the session is set up.
    private(set) var ready: Instant?
    /// What the bridge sent of the caller, silence included.
    private(set) var audioBytes = 0
    private(set) var loudTime: LoudTime?
    let wire: UpstreamPlan.Wire
    /// How many frames had reached the bridge when it was ready.
    private(set) var framesBefore = 0
    /// It closed with 1000: an ordinary end.
    private(set) var saidGoodbye = false

    init(
        _ call: SimulatedCall, _ side: AgentSide, plan: UpstreamPlan, attempt: Int, shelf: ToneShelf, isFull: Bool
    ) {
        self.call = call
        self.side = side
        vendor = plan.vendor
        self.plan = plan
        self.isFull = isFull
        world = call.world
        dialect = .of(plan.vendor)
        wire = plan.wire
        if wire.isPCM || call.plan.manner.heard == .opus { loudTime = LoudTime(wire) }
        var settings = plan.settings
        settings.replySound = call.sound(of: side)
        let (connection, name) = (call.number * 10 + attempt + 5 * side.rawValue, side.name(ofCall: call.number))
        switch plan.vendor {
        case .openAI:
            session = PracticeSession(
                connection: connection, model: name, settings: settings, epoch: 1_795_500_000, shelf: shelf,
                at: world.now)
        case .elevenLabs:
            session = PracticeSession(
                connection: connection, agent: name, settings: settings, shelf: shelf, at: world.now)
        }
    }

    var answersClose: Duration? { plan.answersClose }

    func begin(_ owner: any CallSocketOwner) {
        // Where somebody stands in, it counts once this one has the call.
        if call.plan.standIn == nil, hasOtherAudio { call.hasOtherAudio = true }
        let link = Connection(
            world, call: call.number, name: "upstream", role: .client, weather: plan.weather, owner: owner, peer: self,
            process: call.process, stuck: call.stuck)
        self.link = link
        link.tap = { [unowned self] text in heard(text) }
        link.begin()
        let rejection: PracticeSession.Rejection? =
            plan.settings.faults.contains(.badKey)
            ? .invalidKey : plan.settings.faults.contains(.modelNotFound) ? .modelNotFound : nil
        carryOut(session.open(at: world.now, rejecting: rejection))
    }

    /// The bridge is done with it.
    var isLetGo: Bool { link?.bridgeLetGo != nil }
    /// Its connection is over, which the bridge may not have been told yet.
    var isGone: Bool { link?.isOpen == false }

    private var hasTheCall: Bool { call.winner === self }

    private var hasOtherAudio: Bool { plan.hasOtherAudio || saysWhatNobodyExpects }

    /// What comes late of a greeting that is protected belongs to it, whatever the server thinks; and an interruption that
    /// stops nothing in particular is among what is malformed.
    private var saysWhatNobodyExpects: Bool {
        guard vendor == .elevenLabs else { return false }
        let faults = plan.settings.faults
        return faults.contains(.bent(.malformed)) || call.plan.protectsGreeting && faults.contains(.lateDeltas)
    }

    /// What the bridge sends, as it sends it: the order of what the caller says. False for silence on which nothing
    /// depends, where media is looked at only around events.
    private func heard(_ text: Span<UInt8>) -> Bool {
        if let place = AppendedAudio.place(in: text, of: dialect) {
            audioBytes += place.count / 4 * 3
            if !hasTheCall { world.violated("one agent has the call", call: call.number, "another hears the caller") }
            let audio = text.extracting(place)
            guard !AppendedAudio.isSilent(audio) else { return isFull || mayMatter() }
            (lastWord, lastAudio) = (world.now, world.now)
            if !call.hasOtherAudio, let bytes = Base64.decode(audio) { hear(bytes) }
        } else if !call.hasOtherAudio, let message = try? JSONObject(parsing: text),
            let end = try? message.integer("audio_end_ms")
        {
            call.cuts.told(Int(end), at: world.now)
        }
        return true
    }

    /// A label survives neither PCM nor a codec of packets; that the caller is loud does.
    private func hear(_ bytes: [UInt8]) {
        if loudTime == nil { call.upstreamHears(bytes) } else { loudTime?.listen(bytes) }
    }

    /// Silence, where media is looked at only around events: it ends a turn, and shows that somebody is there.
    private func mayMatter() -> Bool {
        guard
            session.isCallerSpeaking || lastWord.duration(to: world.now) < Self.attention
                || lastAudio.duration(to: world.now) >= Self.signOfLife
        else { return false }
        lastAudio = world.now
        return true
    }

    func received(_ text: [UInt8]) {
        guard !isOver, !isFrozen else { return }
        carryOut(session.receive(text.span, at: world.now))
    }

    func arrived(_ tag: Int) {
        switch tag {
        case Tag.ready:
            guard ready == nil else { return }
            ready = world.now
            framesBefore = call.lastFrameReached
            call.becameReady(self)
            if hasTheCall, hasOtherAudio { call.hasOtherAudio = true }
        case Tag.interruption: if hasTheCall { call.callerInterrupts() }
        // Before it is ready nobody hears it.
        default: if hasTheCall { call.agentHasSpoken = true }
        }
    }

    func bridgeClosed(code: UInt16) { close(code: code, byPeer: true) }
    func lost() { close(code: 1006, byPeer: true) }

    private func close(code: UInt16, byPeer: Bool) {
        guard !isOver else { return }
        isOver = true
        world.note("upstream ended", call: call.number, number: Int(code), "\(side) \(code)")
        _ = session.closed(code: Int(code), reason: "", byPeer: byPeer, at: world.now)
    }

    private func carryOut(_ effects: [PracticeSession.Effect]) {
        for effect in effects { carryOut(effect) }
        wake()
    }

    private func carryOut(_ effect: PracticeSession.Effect) {
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

    private func take(_ report: PracticeReport) {
        world.note("upstream", call: call.number, "\(side): \(report.sentence)")
        switch report {
        case .toolCalled("end_call", _, _): call.farewellSeen = true
        // What stalls may be late, and rightly so.
        case .error(let code?, let words) where Self.faultsOfBridge.contains(code) && link?.hadTrouble == false:
            world.violated("the upstream can live with the bridge", call: call.number, "\(code): \(words)")
        default: break
        }
    }

    private func send(_ text: [UInt8]) {
        link?.sendToBridge(text, tag: tag(of: text.span))
    }

    private func tag(of text: Span<UInt8>) -> Int {
        if !call.agentHasSpoken, text.begins(with: dialect.agentAudio) { return Tag.agentAudio }
        if ready == nil, text.begins(with: dialect.ready) { return Tag.ready }
        return text.begins(with: dialect.interruption) ? Tag.interruption : 0
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
