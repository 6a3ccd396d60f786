internal import Addresses
internal import CallCore
internal import CallRuntime
internal import HTTPLoop
internal import HTTPWire
internal import PracticeKit
public import SocketLoop
internal import Telemetry
internal import Timeline
internal import UpstreamWire
internal import Wording

/// A world of whole calls: the bridge as it is, and around it phones, upstreams, a carrier, a store and a network that a
/// seed makes up. The same seed is the same world, event by event.
public final class Simulation {
    public struct Outcome: Sendable {
        public let seed: UInt64
        public let hash: UInt64
        public let events: Int
        public let violations: [Violation]
        /// Seconds that callers were on the line, all calls together.
        public let callSeconds: Double
        /// Empty unless it was asked for.
        public let log: [String]
    }

    /// A world of this shape, from its beginning to its judgement.
    public static func run(
        seed: UInt64, shape: Shape, tls: TLSClientContext, keepsLog: Bool = false
    ) -> Outcome {
        guard shape.hasNodes else { return Simulation(seed: seed, shape: shape, tls: tls, keepsLog: keepsLog).run() }
        return NodesSimulation(seed: seed, shape: shape, tls: tls, keepsLog: keepsLog).run()
    }

    let seed: UInt64
    let shape: Shape
    let world: World
    let loop: WorldLoop
    let store: SimulatedStore
    private let ids = CallIDSource()
    let dialer: SimulatedDialer
    let home: CallHome
    let switchboard: Switchboard
    let metrics: CallMetrics
    let carrier: SimulatedCarrier?
    private(set) var calls: [SimulatedCall] = []
    private var dice: SeededRandom
    /// Nil in a world that nobody supervises.
    private let supervisor: CallSupervisor?
    private var hangs: [StuckCall.Plan?]
    private var watching: Task<Void, Never>?
    private var isOver = false
    private let random: RandomSource
    /// At what waits in a call.
    private static let look = Duration.milliseconds(997)
    /// The same few tones in all worlds.
    static let shelf = ToneShelf()

    /// - Parameter tls: Never used, and made once for all worlds.
    public init(seed: UInt64, shape: Shape, tls: TLSClientContext, keepsLog: Bool = false, wallClockJumps: Bool = true)
    {
        self.seed = seed
        self.shape = shape
        let world = World(seed: seed, keepsLog: keepsLog, wallClockJumps: wallClockJumps)
        self.world = world
        dice = world.dice()
        loop = WorldLoop(world)
        store = SimulatedStore(world, shape: shape)
        dialer = SimulatedDialer(world, shape: shape, shelf: Self.shelf)
        var carriers = CarrierMix(seed: seed, shape: shape)
        let worker = SimulatedCodecWorker(world, dice: carriers.worker)
        home = CallHome(
            on: world.executor, loop: loop, dialer: dialer, codecs: CodecDesk(limit: carriers.codedOnLoop) { worker })
        carrier = dice.happens(0.7) ? SimulatedCarrier(world) : nil
        random = RandomSource(world)
        // Some worlds are stormy.
        let roughness = dice.happens(0.2) ? 0.6 : 0.15
        var standIns = StandInMix(seed: seed, shape: shape)
        let plans = (0..<shape.calls).map { _ in
            var dice = world.dice()
            var plan = CallPlan(shape, manner: carriers.draw(), roughness: roughness, using: &dice)
            standIns.draw(&plan, roughness: roughness)
            return plan
        }
        let secret = Secret("a secret of this world")
        var services = Self.services(
            world: OneThread(value: world), plans: plans, store: store, ids: ids, carrier: carrier,
            random: random, secret: secret, dice: &dice)
        services.telnyx = carriers.rules
        metrics = services.metrics
        switchboard = Switchboard(
            services, upstreamLimits: WebSocketLimits(), tls: tls)
        var mix = SupervisionMix(seed: seed, shape: shape)
        let clock = OneThread(value: world)
        supervisor = mix.isSupervised ? CallSupervisor(of: switchboard) { try await clock.value.sleep($0) } : nil
        hangs = plans.map { mix.draw($0) }
        for (index, plan) in plans.enumerated() {
            let number = index + 1
            let call = SimulatedCall(world, number: number, plan: plan, secret: secret)
            calls.append(call)
            dialer.calls[number] = call
            carrier?.calls[call.name] = call
            world.after(call.plan.begins) { [unowned self] in begin(call) }
        }
        supervise()
        if dice.happens(0.1) {
            world.after(.milliseconds(self.dice.below(Int(shape.length.inSeconds * 1_000)))) { [unowned self] in
                world.note("node drains")
                switchboard.hangUpAll(.drainTimeout)
            }
        }
    }

    /// Turns the world to its end and judges it.
    public func run() -> Outcome {
        world.run(until: World.beginning.advanced(by: shape.length))
        watching?.cancel()
        isOver = true
        for call in calls { call.hangsNoMore() }
        // Whoever still talks is told that the node ends.
        world.note("node ends")
        switchboard.endAll()
        world.run(until: world.now.advanced(by: .seconds(60)))
        Judge(self).judge()
        let outcome = Outcome(
            seed: seed, hash: world.log.hash, events: world.log.count, violations: world.violations,
            callSeconds: calls.reduce(0) { $0 + $1.secondsOnTheLine }, log: world.log.lines)
        world.end()
        for call in calls { call.leave() }
        return outcome
    }

    // MARK: who watches

    private func supervise() {
        guard let supervisor else { return }
        watching = Task(executorPreference: world.executor) { await supervisor.run() }
        watchVitals()
    }

    /// As the supervisor does, a second at a time.
    private func watchVitals() {
        guard !isOver else { return }
        switchboard.judgeVitals(in: world)
        world.after(.seconds(1)) { [unowned self] in watchVitals() }
    }

    // MARK: a call begins

    private func begin(_ call: SimulatedCall) {
        var dice = world.dice()
        random.next = WorldGenerator(world.dice())
        call.generator = random.next
        let side = CarrierSide(call, plan: CarrierSide.Plan(using: &dice)) { [unowned self] in report($0, $1, of: call)
        }
        call.carrierSide = side
        if call.plan.isOwn {
            switchboard.expect(call.name, agent: call.agentID, until: world.now.advanced(by: .seconds(30)))
            side.callBegan()
        }
        let hangs = hangs[call.number - 1]
        if hangs != nil { call.stuck = StuckCall(world, in: nil, dialer: dialer) }
        let home = call.stuck?.home ?? home
        let owner = switchboard.takeStream(in: home, as: call.plan.manner.bridge, isTrusted: true) {}
        random.next = nil
        call.made("the carrier's end", owner)
        if let end = owner as? CarrierEnd { call.made("the line", end.line) }
        let phone = SimulatedPhone(call, plan: call.plan.phone, isFull: shape.isFull)
        call.phone = phone
        let link = Connection(
            world, call: call.number, name: "carrier", role: .server, weather: call.plan.carrierWeather, owner: owner,
            peer: phone, stuck: call.stuck)
        link.tap = { [unowned call] in
            call.bridgeSays($0)
            return true
        }
        call.carrierLink = link
        world.note("call begins", call: call.number, "\(call.plan.isOwn ? "own" : "foreign"), \(call.plan.manner)")
        link.begin()
        phone.begin()
        if let hangs { call.hang(hangs) }
        watchQueues(of: call)
        guard let wait = call.plan.hangUp else { return }
        world.after(wait) { [unowned self] in
            world.note("somebody hangs up", call: call.number)
            _ = switchboard.hangUp(call.name, .apiHangup)
        }
    }

    /// As long as the call lives.
    private func watchQueues(of call: SimulatedCall) {
        guard call.carrierLink?.isOver == false else { return }
        let queues = switchboard.queues(of: call.name) ?? []
        for queue in queues where queue.count > queue.limit {
            world.violated("queues within limits", call: call.number, "\(queue.name): \(queue.count)")
        }
        call.looked(audioWaits: queues.contains { $0.name == .playout && $0.count > 0 })
        world.after(Self.look) { [unowned self] in watchQueues(of: call) }
    }

    /// What the front door does with a status callback.
    private func report(_ status: CallStatus, _ number: Int, of call: SimulatedCall) {
        guard call.plan.isOwn else { return }
        let desk = OneThread(value: (self, call))
        Task(executorPreference: world.executor) {
            let (simulation, call) = desk.value
            await simulation.take(status, number, of: call)
        }
    }

    private func take(_ status: CallStatus, _ number: Int, of call: SimulatedCall) async {
        world.note("carrier reports", call: call.number, number: number, status.rawValue)
        var change = CallChange(at: world.utc)
        change.status = .carrier(status)
        var dice = self.dice
        let unseen = CallRecord(
            id: ids.next(at: world.utc, using: &dice), providerCallID: call.name, direction: .inbound, status: .queued,
            createdAt: world.utc)
        self.dice = dice
        let telling = CallFacts.Telling.webhook(path: "/twilio/status", status: status.rawValue, at: world.utc)
        let facts = CallFacts(
            of: .provider(call.name), by: "carrier", identity: "\(call.name)/\(number)", orOpen: unseen,
            [.change(change, telling)])
        switch try? await store.keep(facts) {
        case .repeated, nil: break
        case .kept(_, _, let outcome) where outcome.effects == [.duplicate] || outcome.effects == [.outOfOrder]: break
        case .kept, .unknownCall, .later: switchboard.carrierReported(call.name, status)
        }
    }

    // MARK: what all calls share

    private static func services(
        world: OneThread<World>, plans: [CallPlan], store: SimulatedStore, ids: CallIDSource,
        carrier: SimulatedCarrier?,
        random: RandomSource,
        secret: Secret, dice: inout SeededRandom
    ) -> CallServices {
        let agents = plans.enumerated().flatMap { Self.agents($1, ofCall: $0 + 1) }
        var rules = CallRules()
        if dice.happens(0.1) { rules.longest = .seconds(20) }
        let registry = MetricsRegistry()
        let signer = SimulatedSigner(world.value)
        let providers = providers(signer, isSigned: dice.happens(0.5))
        var services = CallServices(
            directory: AgentDirectory(agents: agents, numbers: [], upstreams: [.openAI, .elevenLabs]),
            providers: providers, gates: UpstreamGates([.openAI, .elevenLabs]),
            store: store, ids: ids,
            carrier: carrier, tokens: TokenDesk(secret: secret, isRequired: false), rules: rules,
            metrics: CallMetrics(registry), logger: .off,
            errors: ErrorSink(logger: .off, registry: registry) { world.value.utc }, node: "world",
            now: { world.value.now }, utc: { world.value.utc }, random: { random.draw() })
        services.early = world.value.executor
        return services
    }

    static func providers(
        _ signer: SimulatedSigner, isSigned: Bool
    ) -> [UpstreamVendor: any UpstreamProvider] {
        let openAI = OpenAIProvider(OpenAIConnection(url: upstreamURL, apiKey: Secret("key")), model: "call-0")
        let elevenLabs = ElevenLabsProvider(
            ElevenLabsConnection(url: upstreamURL, apiKey: isSigned ? Secret("key") : nil)
        ) { request throws(HTTPClientError) in try await signer.send(request) }
        return [.openAI: openAI, .elevenLabs: elevenLabs]
    }

    /// The first, and whoever stands in.
    static func agents(_ plan: CallPlan, ofCall number: Int) -> [Agent] {
        var first = agent(.first, plan.first, of: plan, number)
        guard let standIn = plan.standIn else {
            // Nobody stands in.
            first.fallback.agent = first.id
            return [first]
        }
        guard !plan.isTwin else {
            first.elevenLabsAgentID = AgentSide.standIn.name(ofCall: number)
            return [first]
        }
        let other = agent(.standIn, standIn, of: plan, number)
        first.fallback.agent = other.id
        return [first, other]
    }

    private static func agent(_ side: AgentSide, _ own: AgentPlan, of plan: CallPlan, _ number: Int) -> Agent {
        var agent = Agent(id: side.agent(ofCall: number))
        let name = side.name(ofCall: number)
        // ElevenLabs' agents have models of their own.
        if own.vendor == .openAI { agent.model = name } else { agent.elevenLabsAgentID = name }
        agent.upstream = own.vendor
        agent.protectsGreeting = plan.protectsGreeting
        return agent
    }

    static let upstreamURL: WebURL = {
        guard let url = try? WebURL("wss://upstream.invalid/v1/realtime") else { preconditionFailure("a URL is none") }
        return url
    }()
}

/// For what closures that may go anywhere take along, and here never do.
struct OneThread<Value>: @unchecked Sendable {
    // Why @unchecked: a world is turned by one thread.
    let value: Value
}

/// Gives each new call the dice that were laid out for it.
final class RandomSource: @unchecked Sendable {
    // Why @unchecked: a world is turned by one thread.
    private let world: World
    var next: WorldGenerator?

    init(_ world: World) { self.world = world }

    func draw() -> any RandomNumberGenerator & Sendable { next ?? WorldGenerator(world.dice()) }
}
