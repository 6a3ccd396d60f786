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
    let secret: Secret
    let audio: AgentAudio
    lazy var agentSound = audio.sound

    // Who takes part.
    var phone: SimulatedPhone?
    var carrierLink: Connection?
    var carrierSide: (any StreamCarrier)?
    var upstreams: [SimulatedUpstream] = []
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
    var dials: [Instant] = []
    private(set) var lastFrameReached = 0
    private(set) var lastFrameHeard = 0
    private(set) var mostHeld = 0
    private var lastClear: Instant?
    /// Looks in a row.
    private var starved = 0
    private static let starvedTooOften = 3
    /// 300 ms: more than the bridge's clock may be off.
    private static let worthStopping = 2_400
    private var reader = CallerAudio.Reader()
    private var follower: AgentAudio.Follower
    private var converted: ConvertedAudio?
    private(set) var loudTime: LoudTime
    /// Frames of speech that the bridge took in while there was an upstream, or was going to be.
    private(set) var loudFrames = 0
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
        var dice = world.dice()
        audio = AgentAudio(call: number, count: 1_600 + dice.below(plan.longestAnswer), using: &dice)
        follower = AgentAudio.Follower(audio)
        converted = plan.speaksPCM ? ConvertedAudio(audio) : nil
        loudTime = LoudTime(rate: plan.pcmRate)
    }

    var agentID: String { "agent-\(number)" }

    /// On the bridge's side.
    func at(_ instant: Instant, _ action: @escaping () -> Void) {
        if let process { process.at(instant, action) } else { world.at(instant, action) }
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

    // MARK: what is seen

    var isRefused: Bool { plan.phone.token == .wrong }

    func startCame() {
        guard !isRefused else { return }
        started = started ?? world.now
    }

    func stopCame() { stopped = stopped ?? world.now }

    func frameReached(_ frame: Int, isLoud: Bool) {
        lastFrameReached = frame
        if isLoud, upstreams.last?.link.map({ $0.bridgeLetGo == nil }) ?? true { loudFrames += 1 }
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

    func phoneHolds(_ bytes: Int) { mostHeld = max(mostHeld, bytes) }

    /// The bridge sends this to the phone.
    func bridgeSays(_ text: Span<UInt8>) {
        guard let message = try? BridgeMessage(text, stream: stream) else { return }
        switch message {
        case .media(let bytes):
            // Before the agent's first word it is the tone for those who wait.
            guard agentHasSpoken, !hasOtherAudio else { return }
            guard !(converted?.play(bytes) ?? follower.play(bytes)) else { return }
            hasOtherAudio = true
            world.violated("the caller hears what the agent does not say now", call: number, "\(bytes.count) bytes")
        case .clear:
            cuts.cleared(after: follower.place)
            lastClear = world.now
            follower.clear()
            converted?.clear()
        case .mark: break
        }
    }

    /// The bridge said this to the upstream, as the caller's audio.
    func upstreamHears(_ bytes: [UInt8]) {
        guard converted == nil else { return loudTime.listen(bytes) }
        reader.read(bytes) { label in
            guard label.call == number else {
                world.violated("audio of another call", call: number, "of call \(label.call)")
                return
            }
            if label.number <= lastFrameHeard {
                world.violated(
                    "caller audio out of order", call: number, "\(label.number) after \(lastFrameHeard)")
            }
            missing += max(0, label.number - lastFrameHeard - 1)
            lastFrameHeard = label.number
        }
    }

    /// Lets go of all who take part, who know each other.
    func leave() {
        phone = nil
        carrierLink = nil
        carrierSide = nil
        upstreams = []
    }
}

/// What one call is going to be.
struct CallPlan {
    let begins: Duration
    /// The bridge's webhook announced it, so its stream brings a token.
    let isOwn: Bool
    let phone: PhonePlan
    let carrierWeather: Weather
    let vendor: UpstreamVendor
    /// The upstream wants and sends PCM.
    let speaksPCM: Bool
    var pcmRate: Int { vendor == .openAI ? 24_000 : 16_000 }
    let attempts: [UpstreamPlan]
    let protectsGreeting: Bool
    /// In bytes.
    let longestAnswer: Int
    /// Somebody hangs up by the API.
    let hangUp: Duration?

    /// - Parameters:
    ///   - roughness: How likely each trouble of the network is; less than half of it where all is calm.
    ///   - isOwn: Instead of what is drawn.
    init(_ shape: Shape, roughness: Double, isOwn: Bool? = nil, using dice: inout SeededRandom) {
        begins = .milliseconds(dice.below(Int(shape.length.inSeconds * 200)))
        let drawn = dice.happens(0.5)
        let isOwn = isOwn ?? drawn
        self.isOwn = isOwn
        phone = PhonePlan(shape, isOwn: isOwn, using: &dice)
        carrierWeather = Weather(within: shape.length, roughness: roughness, using: &dice)
        let isCalm = dice.happens(0.5)
        let vendor = dice.happens(0.6) ? UpstreamVendor.openAI : .elevenLabs
        let speaksPCM = shape.isFull && dice.happens(0.15)
        self.vendor = vendor
        self.speaksPCM = speaksPCM
        attempts = (0..<4).map { _ in
            UpstreamPlan(
                shape, vendor: vendor, speaksPCM: speaksPCM, roughness: roughness, isCalm: isCalm, using: &dice)
        }
        protectsGreeting = dice.happens(0.3)
        longestAnswer = shape.isFull ? 48_000 : 8_000
        hangUp = dice.happens(0.05) ? .milliseconds(dice.below(Int(shape.length.inSeconds * 1_000))) : nil
    }
}
