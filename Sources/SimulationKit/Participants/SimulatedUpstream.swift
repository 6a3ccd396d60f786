internal import CallCore
internal import HTTPWire
internal import JSONWire
internal import PracticeKit
internal import Timeline

/// One session of an agent on its connection.
final class SimulatedUpstream: ConnectionPeer {
    /// In sparse worlds: for so long after what the caller said, silence may still mean something.
    private static let attention = Duration.seconds(1)

    /// What it is told when the bridge takes in a message.
    private enum Tag {
        static let ready = 1
        static let interruption = 2
        static let agentAudio = 3
    }

    private let world: World
    private unowned let call: SimulatedCall
    private let plan: UpstreamPlan
    private let isFull: Bool
    private let dialect: AgentDialect
    private let session: any AgentSession
    private(set) var link: Connection?
    private var planned: Instant?
    /// When the caller said something last.
    private var lastWord = Instant.zero
    private var isOver = false
    private var isFrozen = false
    /// When the bridge got to know that the session is set up.
    private(set) var ready: Instant?
    /// What the bridge sent of the caller, silence included.
    private(set) var audioBytes = 0
    /// How many frames had reached the bridge when it was ready.
    private(set) var framesBefore = 0
    /// It closed with 1000: an ordinary end.
    private(set) var saidGoodbye = false

    init(_ call: SimulatedCall, plan: UpstreamPlan, attempt: Int, shelf: ToneShelf, isFull: Bool) {
        self.call = call
        self.plan = plan
        self.isFull = isFull
        world = call.world
        switch plan.agent {
        case .openAI(let settings):
            dialect = .openAI
            session = OpenAIAgent(call, attempt: attempt, settings: settings, shelf: shelf)
        case .elevenLabs(let plan):
            dialect = .elevenLabs
            session = ElevenLabsAgent(call, plan: plan)
        }
    }

    var answersClose: Duration? { plan.answersClose }

    func begin(_ owner: any CallSocketOwner) {
        if plan.hasOtherAudio { call.hasOtherAudio = true }
        let link = Connection(
            world, call: call.number, name: "upstream", role: .client, weather: plan.weather, owner: owner, peer: self)
        self.link = link
        link.tap = { [unowned self] text in heard(text) }
        link.begin()
        carryOut(session.open(at: world.now))
    }

    /// What the bridge sends, as it sends it: the order of what the caller says. False for silence on which nothing
    /// depends, where media is looked at only around events.
    private func heard(_ text: Span<UInt8>) -> Bool {
        if let place = AppendedAudio.place(in: text, of: dialect) {
            audioBytes += place.count / 4 * 3
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
        carryOut(session.receive(text, at: world.now))
    }

    func arrived(_ tag: Int) {
        switch tag {
        case Tag.ready:
            ready = ready ?? world.now
            framesBefore = call.lastFrameReached
        case Tag.interruption: call.callerInterrupts()
        default: call.agentHasSpoken = true
        }
    }

    func bridgeClosed(code: UInt16) { close(code: code, byPeer: true) }
    func lost() { close(code: 1006, byPeer: true) }

    private func close(code: UInt16, byPeer: Bool) {
        guard !isOver else { return }
        isOver = true
        world.note("upstream ended", call: call.number, number: Int(code), "\(code)")
        _ = session.closed(code: code, byPeer: byPeer, at: world.now)
    }

    private func carryOut(_ effects: [AgentEffect]) {
        for effect in effects { carryOut(effect) }
        wake()
    }

    private func carryOut(_ effect: AgentEffect) {
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
        case .farewell: call.farewellSeen = true
        case .tell(let words): world.note("upstream", call: call.number, words)
        case .broken(let rule, let words):
            // What stalls may be late, and rightly so.
            if link?.hadTrouble == false { world.violated(rule, call: call.number, words) }
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
