internal import Addresses
internal import CallCore
internal import CallRuntime
internal import CallStore
internal import HTTPWire
internal import PracticeKit
internal import SocketLoop
internal import Timeline
internal import UpstreamWire
internal import Wording

/// A world of several nodes that share a store: they die, sleep, leave and are replaced, the disk and the carrier fail, wall
/// clocks jump, callers come back on other nodes and webhooks go anywhere. Afterwards all is well for a while, and each
/// record must have become what the call was, once.
final class NodesSimulation {
    let seed: UInt64
    let shape: Shape
    let world: World
    let tls: TLSClientContext
    let secret = Secret("a secret of this world")
    let database: SharedDatabase
    let dialer: SimulatedDialer
    let directory: AgentDirectory
    let providers: [UpstreamVendor: any UpstreamProvider]
    let rules: SweepRules
    /// What nodes look after, and how often.
    let dependencies: [SimulatedDependency]
    let healthEvery: Duration
    let dialRules: DialRules
    private(set) var orders: [OutboundOrder] = []
    private var loads: [String: SimulatedLoad] = [:]
    /// What supervision has to do with; dice of their own, so that they change nobody else's luck.
    private var supervision: SeededRandom
    /// Nil in a world without credentials.
    let books: CarrierBooks?
    private(set) var balancer: Balancer!
    private(set) var nodes: [SimulatedNode] = []
    private(set) var calls: [CarrierCall] = []
    private(set) var scheduled: [CallID] = []
    private(set) var clocksJump = false
    /// When any process was touched.
    private(set) var disturbances: [Instant] = []
    /// Nobody starts a node any more.
    private(set) var isOver = false
    /// When all troubles were over.
    private(set) var calm = Instant.distantFuture
    private var dice: SeededRandom
    private let ids = CallIDSource()

    init(seed: UInt64, shape: Shape, tls: TLSClientContext, keepsLog: Bool) {
        self.seed = seed
        self.shape = shape
        self.tls = tls
        let world = World(seed: seed, keepsLog: keepsLog, wallClockJumps: false)
        self.world = world
        dice = world.dice()
        database = SharedDatabase(world, span: shape.length)
        dialer = SimulatedDialer(world, shape: shape, shelf: Simulation.shelf)
        books = dice.happens(0.85) ? CarrierBooks(world, span: shape.length) : nil
        rules = Self.rules(&dice)
        var supervision = SeededRandom(seed: seed ^ 0x5EED_0F_0A7C_11E5)
        healthEvery = .seconds([1, 5, 15][supervision.below(3)])
        dependencies = ["openai", "elevenlabs", "turn/udp", "turn/tls"].map { name in
            SimulatedDependency(name, span: shape.length, dice: SeededRandom(seed: supervision.next()))
        }
        dialRules = Self.dialRules(&supervision)
        let ordered = books == nil ? 0 : [0, 2, 4, 8][supervision.below(4)]
        self.supervision = supervision
        let roughness = dice.happens(0.2) ? 0.4 : 0.05
        let callPlans = (0..<shape.calls + ordered).map { index in
            var dice = world.dice()
            return CarrierCallPlan(shape, isDialled: index >= shape.calls, using: &dice)
        }
        let plans = (0..<2 * callPlans.count).map { index in
            var dice = world.dice()
            return CallPlan(
                shape, manner: .twilio, roughness: roughness, isOwn: callPlans[index / 2].isAnswered, using: &dice)
        }
        // The first of each two is whom a caller asks for.
        let numbers = stride(from: 1, to: plans.count, by: 2).map { number in
            NumberEntry(number: PhoneNumber("+1555\(1_000 + number)"), agent: "agent-\(number)")
        }
        directory = AgentDirectory(
            agents: plans.enumerated().flatMap { Simulation.agents($1, ofCall: $0 + 1) }, numbers: numbers,
            upstreams: [.openAI, .elevenLabs])
        let signer = SimulatedSigner(world)
        providers = Simulation.providers(signer, isSigned: dice.happens(0.5))
        balancer = Balancer(self, dice: world.dice())
        makeNodes()
        makeCalls(callPlans, plans)
        for _ in 0..<dice.below(3) {
            world.after(.milliseconds(dice.below(Int(shape.length.inSeconds * 1_000)))) { [unowned self] in sweep() }
        }
    }

    private static func rules(_ dice: inout SeededRandom) -> SweepRules {
        var rules = SweepRules()
        rules.stale = .seconds([60, 120, 300, 1_800][dice.below(4)])
        rules.patience = .seconds([60, 120, 300, 900][dice.below(4)])
        return rules
    }

    private static func dialRules(_ dice: inout SeededRandom) -> DialRules {
        var rules = DialRules()
        rules.callsPerSecond = [1, 1, 5][dice.below(3)]
        rules.expires = .seconds([30, 120, 900][dice.below(3)])
        return rules
    }

    // MARK: its run

    func run() -> Simulation.Outcome {
        world.run(until: World.beginning.advanced(by: shape.length))
        calmDown()
        var limit = calm.advanced(by: Self.settling)
        if books == nil { limit = limit.advanced(by: rules.stale + rules.patience) }
        while !isSettled, world.now < limit { world.run(until: world.now.advanced(by: .seconds(5))) }
        world.note("nodes end")
        isOver = true
        for call in calls.flatMap(\.streams) { call.hangsNoMore() }
        for node in nodes {
            node.current?.leave(Departure.Limits(lameDuck: .zero, drain: .zero), listed: .zero) {}
        }
        world.run(until: world.now.advanced(by: .seconds(60)))
        NodesJudge(self).judge()
        let outcome = Simulation.Outcome(
            seed: seed, hash: world.log.hash, events: world.log.count, violations: world.violations,
            callSeconds: calls.flatMap(\.streams).reduce(0) { $0 + $1.secondsOnTheLine }, log: world.log.lines)
        world.end()
        for stream in calls.flatMap(\.streams) { stream.leave() }
        return outcome
    }

    /// What the longest way to a final status takes when the carrier answers and nobody fails any more: callers go (40 s),
    /// a lease runs out (30), its judge is steady (20), looks (30), waits for a last word (60), asks, and asks again (45).
    private static let settling = Duration.seconds(225)

    /// From now on the disk, the carrier and the nodes are well, and callers go one after the other.
    private func calmDown() {
        calm = world.now
        world.note("all is calm")
        books?.isCalm = true
        database.troubles.end = world.now
        for node in nodes { node.recover() }
        for call in calls.flatMap(\.streams) { call.hangsNoMore() }
        for call in calls {
            let wait = Duration.milliseconds(5_000 + dice.below(30_000))
            world.after(wait) { call.giveUp() }
        }
    }

    private var isSettled: Bool {
        guard calm.duration(to: world.now) > .seconds(40), calls.allSatisfy({ !$0.isLive }) else { return false }
        return database.isSettled(except: Set(scheduled)) && database.hasNothingSpooled
    }

    // MARK: who takes part

    private func makeNodes() {
        let clocks = dice.below(4)
        clocksJump = clocks > 0
        let shared = clocks == 1 ? WallClock(jumpingWithin: shape.length, using: &dice) : WallClock()
        for index in 0..<(dice.happens(0.1) ? 1 : dice.happens(0.7) ? 2 : 3) {
            let isOff = clocks == 2 || clocks == 3 && index == 0
            let clock = isOff ? WallClock(jumpingWithin: shape.length, using: &dice) : shared
            let plan = NodePlan(shape, isFirst: index == 0, clock: clock, using: &dice)
            let node = SimulatedNode(self, name: "node-\(index + 1)", plan: plan)
            nodes.append(node)
            node.begin()
        }
    }

    private func makeCalls(_ callPlans: [CarrierCallPlan], _ plans: [CallPlan]) {
        for (index, plan) in callPlans.enumerated() {
            let first = 2 * index + 1
            let streams = [first, first + 1].map { number in
                SimulatedCall(
                    world, number: number, plan: plans[number - 1], secret: secret, name: "CA\(index + 1)")
            }
            for stream in streams { dialer.calls[stream.number] = stream }
            let call = CarrierCall(self, number: index + 1, plan: plan, streams: streams)
            calls.append(call)
            books?.add(call)
            guard !plan.isDialled else {
                order(call)
                continue
            }
            world.after(plan.begins) { [unowned self] in
                if case .scheduled = plan.kind { schedule() } else { call.begin() }
            }
        }
        database.witness.ended = { [unowned self] record, ending in NodesJudge(self).judgeEarly(record, ending) }
    }

    /// The carrier's list is held against the clocks of nodes: orders are placed where these are right.
    private func order(_ call: CarrierCall) {
        guard !clocksJump else { return }
        let order = OutboundOrder(self, call: call, dice: SeededRandom(seed: supervision.next()))
        orders.append(order)
        books?.orders.append(order)
        world.after(order.begins) { order.begin() }
    }

    func load(of node: String) -> SimulatedLoad {
        let load = loads[node] ?? SimulatedLoad(within: shape.length, using: &supervision)
        loads[node] = load
        return load
    }

    /// A stream of a call comes in at a node.
    func open(_ stream: SimulatedCall, of call: CarrierCall, on node: BridgeProcess) {
        stream.process = node.process
        let random = WorldGenerator(world.dice())
        stream.generator = random
        let hangs =
            supervision.happens(0.06) ? StuckCall.Plan(within: .seconds(60), using: &supervision) : nil
        if hangs != nil { stream.stuck = StuckCall(world, in: node.process, dialer: dialer) }
        let owner = node.takeStream(random, stream.stuck)
        stream.made("the carrier's end", owner)
        if let end = owner as? CarrierEnd { stream.made("the line", end.line) }
        let phone = SimulatedPhone(stream, plan: stream.plan.phone, isFull: shape.isFull)
        stream.phone = phone
        let link = Connection(
            world, call: stream.number, name: "carrier", role: .server, weather: stream.plan.carrierWeather,
            owner: owner, peer: phone, process: node.process, stuck: stream.stuck)
        link.tap = { [unowned stream] in
            stream.bridgeSays($0)
            return true
        }
        stream.carrierLink = link
        world.note(
            "stream begins", call: call.number, number: stream.number, "\(stream.stream) on \(node.process.name)")
        link.begin()
        phone.begin()
        if let hangs { stream.hang(hangs) }
        guard let wait = stream.plan.hangUp else { return }
        node.process.after(wait) { [unowned self] in
            world.note("somebody hangs up", call: call.number)
            _ = node.switchboard.hangUp(call.name, .apiHangup)
        }
    }

    /// Somebody asks for a sweep now.
    private func sweep() {
        balancer.pick()?.run { mine in _ = try? await mine.value.sweeper.sweepNow() }
    }

    /// Somebody asks for a call of tomorrow.
    private func schedule() {
        guard let node = balancer.pick() else { return }
        var dice = world.dice()
        let now = node.process.utc
        var record = CallRecord(
            id: ids.next(at: now, using: &dice), providerCallID: nil, direction: .outbound, status: .queued,
            createdAt: now)
        record.scheduledAt = UTCTime(millisecondsSince1970: now.millisecondsSince1970 + 86_400_000)
        let opening = CallFacts(opening: record, by: "api")
        let desk = OneThread(value: self)
        node.run { mine in
            switch try? await mine.value.store.keep(opening) {
            case .kept, .later: desk.value.scheduled.append(opening.opening?.id ?? CallID.least(at: now))
            case .repeated, .unknownCall, nil: break
            }
        }
    }

    // MARK: what became of nodes

    func disturbed() { disturbances.append(world.now) }

    func life(of process: WorldProcess?) -> BridgeProcess? {
        nodes.lazy.flatMap(\.lives).first { $0.process === process }
    }

    /// Of one that was killed.
    func death(of process: WorldProcess) -> Instant? {
        life(of: process).flatMap { $0.wasKilled ? $0.diedAt : nil }
    }

    /// Who was ready first after this.
    func successor(after moment: Instant) -> BridgeProcess? {
        nodes.flatMap(\.lives).filter { $0.readyAt.map { moment < $0 } ?? false }
            .min { ($0.readyAt ?? .zero) < ($1.readyAt ?? .zero) }
    }

    func wasStopped(_ node: BridgeProcess, since moment: Instant) -> Bool {
        node.process.lastStop.map { moment <= $0 } ?? false
    }

    func wasQuiet(from start: Instant, to end: Instant) -> Bool {
        !disturbances.contains { start <= $0 && $0 < end }
    }
}
