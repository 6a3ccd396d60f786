internal import Addresses
internal import CallCore
internal import CallRuntime
internal import CarrierClient
internal import CarrierWire
internal import FrontDoor
internal import HTTPLoop
internal import HTTPWire
internal import PracticeKit
internal import SocketLoop
internal import Telemetry
internal import Timeline
internal import UpstreamWire
internal import Wording

/// One life of a node, wired as the program wires it: switchboard, calls, sweep, lease, the carrier's REST client and the
/// webhooks are the bridge's own; sockets, store and clocks are the world's, and all of them are this process's.
final class BridgeProcess {
    enum Stage: Comparable {
        case starting
        case serving
        /// It leaves: nobody sends it anything new.
        case draining
        case over
    }

    let name: String
    let process: WorldProcess
    let world: World
    let loop: WorldLoop
    let store: ProcessStore
    let home: CallHome
    let switchboard: Switchboard
    let sweeper: Sweeper
    private let supervisor: CallSupervisor
    private let workers: Workers
    /// Nil without credentials.
    let dialler: Dialler?
    let admission: AdmissionGate
    let load: SimulatedLoad
    private let drainWatch: DrainWatch
    let health: HealthWatch
    private let door: NodeDoor
    private let paths: FrontDoor
    private(set) var stage = Stage.starting
    private(set) var readyAt: Instant?
    private(set) var diedAt: Instant?
    private(set) var wasKilled = false
    /// Since it leaves.
    var leaving: Leaving?
    /// Calls of it that may hang.
    private(set) var stuck: [StuckCall] = []
    /// Told when it serves, and when it cannot.
    var ready: () -> Void = {}
    var failed: () -> Void = {}
    private let random: RandomSource

    /// - Parameter number: Of the node's lives.
    init(_ nodes: NodesSimulation, name: String, number: Int, clock: WallClock) {
        let world = nodes.world
        let process = WorldProcess(world, name: "\(name)/\(number)", clock: clock)
        self.name = name
        self.world = world
        self.process = process
        let random = RandomSource(world)
        self.random = random
        loop = WorldLoop(world, in: process)
        store = ProcessStore(process, nodes.database)
        home = CallHome(on: process.executor, loop: loop, dialer: nodes.dialer)
        let registry = MetricsRegistry()
        let errors = ErrorSink(logger: .off, registry: registry) { process.utc }
        let carrier = nodes.books.map { Self.control(process, $0, errors, random) }
        let admission = AdmissionGate(.auto, logger: .off, registry: registry)
        self.admission = admission
        load = nodes.load(of: name)
        health = HealthWatch(of: process, nodes.dependencies, carrier: carrier, every: nodes.healthEvery)
        let tenure = NodeTenure()
        let sweeper = Self.sweeper(nodes, process, store, carrier, registry, errors, tenure)
        self.sweeper = sweeper
        let ids = CallIDSource()
        let metrics = CallMetrics(registry)
        var services = CallServices(
            directory: nodes.directory, providers: nodes.providers, gates: UpstreamGates([.openAI, .elevenLabs]),
            store: OwnedCallStore(store) { tenure.epoch }, ids: ids, carrier: carrier,
            tokens: TokenDesk(secret: nodes.secret, isRequired: false), rules: CallRules(), metrics: metrics,
            logger: .off, errors: errors, node: name, now: { process.now }, utc: { process.utc },
            random: { random.draw() })
        services.early = process.executor
        // The sweep knows the switchboard: what holds each other would outlive its world.
        services.answersForCalls = { [weak sweeper] in await sweeper?.answersForCalls() ?? true }
        switchboard = Switchboard(services, upstreamLimits: WebSocketLimits(), tls: nodes.tls)
        supervisor = CallSupervisor(of: switchboard) { try await process.sleep($0) }
        workers = Workers(
            errors: errors, registry: registry, now: { process.now }, wait: { try await process.sleep($0) },
            on: process.executor,
            gaveUp: { name in
                process.world.violated("what a node does beside its calls goes on", "\(process.name): \(name)")
            })
        var dialler: Dialler?
        if let carrier {
            dialler = Self.dialler(nodes, process, store, carrier, registry, errors, tenure, sweeper)
        }
        self.dialler = dialler
        drainWatch = DrainWatch(switchboard.drainWork(and: dialler), registry: registry) { process.now }
        let door = NodeDoor(
            switchboard: switchboard, sweeper: sweeper, directory: nodes.directory, gate: admission,
            now: { process.now }, utc: { process.utc })
        self.door = door
        var house = TwilioPaths.House(
            host: door, store: store, ids: ids, agents: { [directory = nodes.directory] in directory }, node: name,
            errors: errors, registry: registry, now: { process.now })
        house.utc = { process.utc }
        house.executor = process.executor
        house.wait = { try await process.sleep($0) }
        house.random = { random.draw() }
        var settings = TwilioPaths.Settings(secret: nodes.secret)
        // Wall clocks jump here; a token that lives for years does not mind.
        settings.tokenLifetime = .seconds(100_000_000)
        var routes = Router()
        TwilioPaths(settings, house: house, address: PublicAddress(), proof: .none).add(to: &routes)
        let entry = APIGuard(
            BearerTokens([], isReachable: false), address: PublicAddress(), requestsPerSecond: 0, registry: registry,
            now: { process.now })
        var orders = DialRoutes.House(
            store: store, dialler: dialler.map { OrderDoor(dialler: $0) },
            agents: { [directory = nodes.directory] in directory }, rules: nodes.dialRules, ids: ids, node: name,
            registry: registry, now: { process.utc })
        orders.random = { random.draw() }
        DialRoutes(entry, house: orders, address: PublicAddress()).add(to: &routes)
        paths = FrontDoor(routes, logger: .off, errors: errors, registry: registry)
    }

    private static func control(
        _ process: WorldProcess, _ books: CarrierBooks, _ errors: ErrorSink, _ random: RandomSource
    ) -> TwilioControl {
        let books = OneThread(value: books)
        var time = TwilioControl.Time()
        time.now = { process.now }
        time.utc = { process.utc }
        time.wait = { try await process.sleep(process.now.duration(to: $0)) }
        time.random = { random.draw() }
        return TwilioControl(
            base: CarrierBooks.base, credentials: TwilioCredentials(account: "AC0", authToken: Secret("token")),
            errors: errors, rules: TwilioControl.Rules(), time: time
        ) { request throws(HTTPClientError) in try await books.value.send(request, from: process) }
    }

    private static func sweeper(
        _ nodes: NodesSimulation, _ process: WorldProcess, _ store: ProcessStore, _ carrier: TwilioControl?,
        _ registry: MetricsRegistry, _ errors: ErrorSink, _ tenure: NodeTenure
    ) -> Sweeper {
        var services = SweepServices(
            node: process.name, store: store, carrier: carrier, rules: nodes.rules, registry: registry, logger: .off,
            errors: errors)
        services.now = { process.now }
        services.utc = { process.utc }
        services.wait = { try await process.sleep($0) }
        services.executor = process.executor
        return Sweeper(services, tenure: tenure)
    }

    private static func dialler(
        _ nodes: NodesSimulation, _ process: WorldProcess, _ store: ProcessStore, _ carrier: TwilioControl,
        _ registry: MetricsRegistry, _ errors: ErrorSink, _ tenure: NodeTenure, _ sweeper: Sweeper
    ) -> Dialler {
        var services = DialServices(
            store: store, carrier: carrier, rules: nodes.dialRules, epoch: { tenure.epoch },
            expect: { sweeper.expect($0, .outbound) }, registry: registry, logger: .off, errors: errors)
        services.now = { process.now }
        services.utc = { process.utc }
        services.wait = { try await process.sleep($0) }
        services.executor = process.executor
        return Dialler(services)
    }

    // MARK: its life

    /// New streams and webhooks come here: of one that leaves, until those who send them have noticed.
    var isListening: Bool {
        guard !process.isDead else { return false }
        return stage == .serving || stage == .draining && leaving.map { world.now < $0.listedUntil } ?? false
    }
    /// It answers whoever comes all the same.
    var isThere: Bool { (stage == .serving || stage == .draining) && !process.isDead }

    func begin() {
        world.note("process starts", process.name)
        run { [switchboard, sweeper] mine in
            do throws(CallStoreError) {
                try await sweeper.begin(
                    with: LiveSessions(contains: { switchboard.hasCall($0) }, drop: { switchboard.drop($0) }))
                mine.value.isReady()
            } catch {
                mine.value.fails(error)
            }
        }
    }

    private func isReady() {
        guard stage == .starting, !process.isDead else { return }
        stage = .serving
        readyAt = world.now
        world.note("node is ready", process.name)
        dialler?.start()
        workers.start("sweep") { [sweeper] in await sweeper.sweep() }
        workers.start("lease") { [sweeper] in await sweeper.keepLease() }
        workers.start("supervisor") { [supervisor] in await supervisor.run() }
        let mine = OneThread(value: self)
        workers.start("admission") { [admission, process] in
            await admission.run(
                now: { process.now }, wait: { try await process.sleep($0) }, reading: { mine.value.reading(at: $0) })
        }
        health.begin()
        watchVitals()
        ready()
    }

    private func reading(at now: Instant) -> AdmissionRule.Reading {
        AdmissionRule.Reading(
            calls: switchboard.liveCalls, loops: 1, lag: load.lag(at: now), memory: load.memory(at: now))
    }

    private func fails(_ error: CallStoreError) {
        guard !process.isDead else { return }
        die("it cannot start: \(error.code)")
        failed()
    }

    /// On this process's own thread.
    func run(_ body: @escaping @Sendable (OneThread<BridgeProcess>) async -> Void) {
        let mine = OneThread(value: self)
        Task(executorPreference: process.executor) { await body(mine) }
    }

    /// All at once; what is left of it runs out without effect.
    func die(_ words: String) {
        guard !process.isDead else { return }
        wasKilled = stage != .draining
        stage = .over
        diedAt = world.now
        process.die(words)
        switchboard.endAll()
        run { mine in
            await mine.value.dialler?.stop(by: .at(mine.value.world.now))
            await mine.value.health.end()
            _ = await mine.value.workers.stop(by: .never)
            await mine.value.sweeper.stop(leaves: false)
        }
    }

    /// What is left of its work is ended, and what it answers for is given up or not.
    func endWork(leaves: Bool, by limit: Duration) async {
        await dialler?.stop(by: .at(world.now.advanced(by: limit)))
        await health.end()
        _ = await workers.stop(by: .at(world.now.advanced(by: limit)))
        await sweeper.stop(leaves: leaves, by: .at(world.now.advanced(by: limit)))
    }

    func entersDrain() { stage = .draining }

    func departure(_ limits: Departure.Limits) -> Departure {
        Departure(
            of: switchboard, sweeper: sweeper, dialler: dialler, watch: drainWatch, limits: limits, logger: .off,
            now: { [process] in process.now }, wait: { [process] in try await process.sleep($0) })
    }

    // MARK: what comes in

    /// Whether it takes one more call, as its front door has it.
    var takesCall: Bool {
        let admission = door.admission
        judge(admission)
        return admission == .open
    }

    /// A media socket; its call gets these dice.
    ///
    /// - Parameter stuck: The call may hang.
    func takeStream(_ dice: WorldGenerator, _ stuck: StuckCall?) -> any CallSocketOwner {
        random.next = dice
        defer { random.next = nil }
        if let stuck { self.stuck.append(stuck) }
        return switchboard.takeStream(in: stuck?.home ?? home, isTrusted: true) {}
    }

    /// A webhook; nil is no answer.
    func answer(_ path: String, _ form: String, then told: @escaping (HTTPResponse?) -> Void) {
        let headers: Headers = ["Host": "bridge.example", "Content-Type": "application/x-www-form-urlencoded"]
        post(path, headers, form, then: told)
    }

    /// A call is ordered by the API.
    func order(_ body: String, key: String, then told: @escaping (HTTPResponse?) -> Void) {
        let headers: Headers = ["Host": "127.0.0.1", "Content-Type": "application/json", "Idempotency-Key": key]
        post("/v1/calls", headers, body, then: told)
    }

    private func post(
        _ path: String, _ headers: Headers, _ body: String, then told: @escaping (HTTPResponse?) -> Void
    ) {
        var headers = headers
        headers.append("Content-Length", "\(body.utf8.count)")
        guard let head = try? RequestHead(method: "POST", target: path, headers: headers) else {
            preconditionFailure("a head is none")
        }
        let http = HTTPRequest(head: head, body: Array(body.utf8), peer: Self.peer, isSecure: true, arrived: world.now)
        let told = OneThread(value: told)
        process.meet { [self] in
            guard !process.isDead else { return told.value(nil) }
            run { [paths] mine in
                let reply = await paths.respond(to: http)
                guard !mine.value.process.isDead, case .whole(let response) = reply else { return told.value(nil) }
                told.value(response)
            }
        }
    }

    private static let peer: SocketAddress = {
        guard let peer = SocketAddress(HostPort(host: "127.0.0.1", port: 443)) else {
            preconditionFailure("an address is none")
        }
        return peer
    }()

    // MARK: what is left of it

    /// What should be zero once all of it has run out.
    var leftovers: [(name: String, count: Int)] {
        [
            ("timers", loop.timersSet), ("beats", loop.beatsJoined), ("pieces of audio", home.audioPiecesInUse),
            ("calls", switchboard.openCalls), ("jobs", process.executor.count),
            ("tasks of calls", switchboard.keepsNothing ? 0 : 1),
        ].filter { $0.1 != 0 }.map { (name: $0.0, count: $0.1) } + stuck.flatMap(\.leftovers).filter { $0.count != 0 }
    }
}
