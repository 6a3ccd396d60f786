internal import CallCore
internal import PracticeKit
internal import Timeline
internal import Wording

/// One call with all who take part in it, and what was seen of it, to be judged in the end.
final class SimulatedCall {
    let world: World
    let number: Int
    let plan: CallPlan
    /// The carrier's; a caller who comes back on another stream has it still.
    let name: String
    let stream: String
    /// Which process has the stream, where a world has several.
    var process: WorldProcess?
    /// Where it may hang.
    var stuck: StuckCall?
    let secret: Secret

    // Who takes part.
    var phone: SimulatedPhone?
    var carrierLink: Connection?
    var carrierSide: (any StreamCarrier)?
    var upstreams: [SimulatedUpstream] = []
    /// Who has the call: the first that was ready.
    private(set) var winner: SimulatedUpstream?
    private let voices: [AgentVoice]
    /// Whose is to be heard.
    private var voice: AgentVoice
    /// The call's own dice; they live as long as the bridge keeps the call.
    weak var generator: WorldGenerator?
    /// What the bridge made for the call; it has to be gone with it.
    private(set) var made: [Made] = []

    struct Made {
        let name: StaticString
        weak var object: AnyObject?
    }

    func made(_ name: StaticString, _ object: AnyObject) { made.append(Made(name: name, object: object)) }

    // What was seen.
    private(set) var started: Instant?
    private(set) var stopped: Instant?
    var dials: [[Instant]] = [[], []]
    /// Those that the bridge may still wait for.
    var openDials: [SimulatedDial] = []
    private(set) var lastFrameReached = 0
    /// What the bridge keeps of a caller until there is an upstream, and the last frame that finds room there.
    static let preroll = Duration.seconds(10)
    private var saidFirst: Instant?
    private var lastFrameKept = 0
    private(set) var lastFrameHeard = 0
    private(set) var mostHeld = 0
    private var lastClear: Instant?
    /// Looks in a row.
    private var starved = 0
    private static let starvedTooOften = 3
    /// 300 ms: more than the bridge's clock may be off.
    private static let worthStopping = 2_400
    private var reader = CallerAudio.Reader()
    private let coder: LineCoder
    private var chunks: ChunkBook?
    /// Frames of speech that the bridge took in while there was an upstream, or was going to be.
    private(set) var loudFrames = 0
    private var loudFramesSaid = 0
    /// Audio that has other bytes than what was said: converted, or made by a fault.
    var hasOtherAudio = false
    var agentHasSpoken = false
    var farewellSeen = false
    var missing = 0
    var cuts = CutBook()

    init(_ world: World, number: Int, plan: CallPlan, secret: Secret, name: String? = nil) {
        self.world = world
        self.number = number
        self.plan = plan
        self.secret = secret
        self.name = name ?? "CA\(number)"
        stream = "MZ\(number)"
        let manner = plan.manner
        let dice = world.dice()
        voices = [plan.first, plan.standIn].compactMap { $0 }.enumerated().map { place, agent in
            var dice = place == 0 ? dice : SeededRandom(seed: UInt64(number))
            return AgentVoice(
                AgentAudio(
                    count: 1_600 + dice.below(plan.longestAnswer), isSmooth: manner.spoken == .opus, using: &dice),
                by: manner, speaksPCM: agent.speaksPCM)
        }
        voice = voices[0]
        coder = LineCoder(manner.spoken)
        chunks = manner.isUnordered ? ChunkBook() : nil
    }

    var agentID: String { AgentSide.first.agent(ofCall: number) }

    /// As it is set up here, not upstream.
    func agentID(of side: AgentSide) -> String { plan.isTwin ? agentID : side.agent(ofCall: number) }

    func sound(of side: AgentSide) -> Sound { voices[side.rawValue].sound }

    /// On the bridge's side.
    func at(_ instant: Instant, _ action: @escaping () -> Void) {
        world.at(instant, in: process, past: stuck, action)
    }

    func parameters(token: PhonePlan.Token) -> [CallInstruction.Stream.Parameter] {
        var parameters = [CallInstruction.Stream.Parameter(name: "agent", value: agentID)]
        let text: String? =
            switch token {
            case .none: nil
            case .wrong: "123-abc"
            case .right:
                // Wall clocks jump in a world; a token that lives for years does not mind.
                StreamToken(
                    call: name, agent: agentID, expiry: UTCTime(millisecondsSince1970: 1_900_000_000_000),
                    secret: secret
                ).text
            }
        if let text { parameters.append(CallInstruction.Stream.Parameter(name: "token", value: text)) }
        return parameters
    }

    /// It hangs, and is itself again, as its plan has it.
    func hang(_ plan: StuckCall.Plan) {
        world.after(plan.after) { [self] in
            guard let stuck, carrierLink?.isOver == false else { return }
            world.note("call hangs", call: number, plan.length.map { "for \($0)" } ?? "for ever")
            for link in [carrierLink].compactMap({ $0 }) + upstreams.compactMap(\.link) { link.processStops() }
            stuck.begin()
            guard let length = plan.length else { return }
            world.after(length) { [self] in hangsNoMore() }
        }
    }

    func hangsNoMore() {
        guard let stuck, stuck.isStuck else { return }
        world.note("call is itself again", call: number)
        stuck.end()
    }

    /// It may have been late, or been ended by others.
    var hung: Bool { stuck?.spell != nil }

    // MARK: what is seen

    var isRefused: Bool { plan.phone.token == .wrong }

    func startCame() {
        guard !isRefused else { return }
        started = started ?? world.now
    }

    func stopCame() { stopped = stopped ?? world.now }

    func frameSaid(_ frame: Int, isLoud: Bool) {
        let began = saidFirst ?? world.now
        saidFirst = began
        if began.duration(to: world.now) < Self.preroll { lastFrameKept = frame }
        if isLoud, bridgeListens { loudFramesSaid += 1 }
    }

    func frameReached(_ frame: Int, isLoud: Bool) {
        lastFrameReached = max(frame, lastFrameReached)
        guard chunks?.arrived(frame, at: world.now) ?? true else { return }
        if isLoud, bridgeListens { loudFrames += 1 }
    }

    private var bridgeListens: Bool { winner?.isLetGo != true }

    /// Loud frames that got lost on their way, or were too late.
    var loudFramesMissed: Int { max(0, loudFramesSaid - loudFrames) }

    // MARK: who gets the call

    /// The bridge is being told that this one is ready. In this very turn it lets go of the other, whom it may have been
    /// dialling beside it, or of this one: it is not what was asked for, or comes too late.
    func becameReady(_ upstream: SimulatedUpstream) {
        let hadNone = winner == nil
        if hadNone {
            winner = upstream
            voice = voices[upstream.side.rawValue]
        }
        world.look { [self] in
            guard hadNone, !upstream.isLetGo else {
                if hadNone { winner = nil }
                return check(upstream.isLetGo, "one agent has the call", "another is ready and is kept")
            }
            check(
                upstreams.allSatisfy { $0 === upstream || $0.isLetGo || $0.isGone }, "one agent has the call",
                "another is kept")
            check(!openDials.contains { $0.isOpen }, "one agent has the call", "another is being dialled")
        }
    }

    private func check(_ isKept: Bool, _ rule: String, _ words: String) {
        if !isKept { world.violated(rule, call: number, words) }
    }

    /// The bridge is being told that the caller speaks: in this very turn the carrier is told to stop.
    func callerInterrupts() {
        guard agentHasSpoken, !hasOtherAudio, !plan.protectsGreeting, carrierLink?.hadTrouble == false,
            carrierLink?.bridgeLetGo == nil,
            stopped == nil, (phone?.waitingBytes ?? 0) >= Self.worthStopping
        else { return }
        let (before, moment) = (cuts.count, world.now)
        world.after(.zero) { [self] in
            // Told twice it stops once, and the phone may not know yet.
            let isStopped = lastClear.map { $0.duration(to: moment) < .seconds(1) } ?? false
            guard cuts.count == before, carrierLink?.bridgeLetGo == nil, !isStopped else { return }
            world.violated("an interruption stops the agent at once", call: number, "no clear was sent")
        }
    }

    /// A look from outside: whether audio waits in the bridge while the caller hears nothing.
    func looked(audioWaits: Bool) {
        let isStarved =
            audioWaits && carrierLink?.hadTrouble == false && carrierLink?.bridgeLetGo == nil && phone?.isOver == false
            && phone?.waitingBytes == 0
        starved = isStarved ? starved + 1 : 0
        guard starved == Self.starvedTooOften else { return }
        world.violated("what the agent says is not held back", call: number, "the caller hears nothing")
    }

    /// Frames for which there was no room before the upstream was ready.
    var framesUnkept: Int { max(0, (winner?.framesBefore ?? 0) - lastFrameKept) }

    func phoneHolds(_ bytes: Int) { mostHeld = max(mostHeld, bytes) }

    /// The bridge sends this to the phone.
    func bridgeSays(_ text: Span<UInt8>) {
        guard let message = try? BridgeMessage(text, stream: plan.manner.named(stream)) else { return }
        switch message {
        case .media(let audio):
            guard let bytes = coder.decode(Array(audio.dropFirst(plan.manner.headBytes))) else {
                world.violated("the carrier cannot read it", call: number, "audio that is no packet")
                return
            }
            // Before the agent's first word it is the tone for those who wait.
            guard agentHasSpoken, !hasOtherAudio else { return }
            guard !voice.play(bytes) else { return }
            hasOtherAudio = true
            world.violated("the caller hears what the agent does not say now", call: number, "\(bytes.count) bytes")
        case .clear:
            cuts.cleared(after: voice.place, at: world.now)
            lastClear = world.now
            voice.clear()
        case .mark: break
        }
    }

    /// The bridge said this to an upstream that speaks the telephone's code, as the caller's audio.
    func upstreamHears(_ bytes: [UInt8]) {
        reader.read(bytes) { label in
            guard label.call == number else {
                world.violated("audio of another call", call: number, "of call \(label.call)")
                return
            }
            if label.number <= lastFrameHeard {
                world.violated(
                    "caller audio out of order", call: number, "\(label.number) after \(lastFrameHeard)")
            }
            missing +=
                chunks?.heard(label.number, after: lastFrameHeard) ?? max(0, label.number - lastFrameHeard - 1)
            lastFrameHeard = label.number
        }
    }

    /// Lets go of all who take part, who know each other.
    func leave() {
        phone = nil
        carrierLink = nil
        carrierSide = nil
        upstreams = []
        winner = nil
    }
}

/// What one call is going to be.
struct CallPlan {
    let begins: Duration
    let manner: CarrierManner
    /// The bridge's webhook announced it, so its stream brings a token.
    let isOwn: Bool
    let phone: PhonePlan
    let carrierWeather: Weather
    var first: AgentPlan
    var standIn: AgentPlan?
    /// Who stands in is the same agent, at the other vendor.
    var isTwin = false
    let protectsGreeting: Bool
    /// In bytes.
    let longestAnswer: Int
    /// Somebody hangs up by the API.
    let hangUp: Duration?

    /// - Parameters:
    ///   - roughness: How likely each trouble of the network is; less than half of it where all is calm.
    ///   - isOwn: Instead of what is drawn.
    init(
        _ shape: Shape, manner: CarrierManner, roughness: Double, isOwn: Bool? = nil, using dice: inout SeededRandom
    ) {
        self.manner = manner
        begins = .milliseconds(dice.below(Int(shape.length.inSeconds * 200)))
        let drawn = dice.happens(0.5) && manner.hasControl
        let isOwn = isOwn ?? drawn
        self.isOwn = isOwn
        phone = PhonePlan(shape, isOwn: isOwn, using: &dice)
        carrierWeather = Weather(within: shape.length, roughness: roughness, using: &dice)
        let isCalm = dice.happens(0.5)
        let vendor = dice.happens(0.6) ? UpstreamVendor.openAI : .elevenLabs
        // A voice that is more than a telephone's is asked for in PCM.
        let speaksPCM = shape.isFull && dice.happens(0.15) || vendor == .openAI && manner.isWideband
        first = AgentPlan(
            shape, vendor: vendor, speaksPCM: speaksPCM, roughness: roughness, isCalm: isCalm, using: &dice)
        protectsGreeting = dice.happens(0.3)
        longestAnswer = shape.isFull ? 48_000 : 8_000
        hangUp = dice.happens(0.05) ? .milliseconds(dice.below(Int(shape.length.inSeconds * 1_000))) : nil
    }
}

extension CallPlan {
    func agent(_ side: AgentSide) -> AgentPlan? { side == .first ? first : standIn }
}
