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
    private let paths: FrontDoor
    private(set) var stage = Stage.starting
    private(set) var readyAt: Instant?
    private(set) var diedAt: Instant?
    private(set) var wasKilled = false
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
        let door = NodeDoor(
            switchboard: switchboard, sweeper: sweeper, directory: nodes.directory, now: { process.now },
            utc: { process.utc })
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

    // MARK: its life

    /// New streams and webhooks come here.
    var isListening: Bool { stage == .serving && !process.isDead }
    /// It answers whoever comes all the same.
    var isThere: Bool { (stage == .serving || stage == .draining) && !process.isDead }

    func begin() {
        world.note("process starts", process.name)
        run { [switchboard, sweeper] mine in
            do throws(CallStoreError) {
                try await sweeper.begin(
                    with: LiveSessions(contains: { switchboard.hasCall($0) }, drop: { switchboard.drop($0) }))
                await sweeper.start()
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
        ready()
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
        run { [sweeper] _ in await sweeper.stop(leaves: false) }
    }

    /// As the program ends when it is asked to.
    ///
    /// - Parameter drain: What calls have to end by themselves.
    func leave(drain: Duration, then next: @escaping () -> Void) {
        guard stage == .serving else { return }
        stage = .draining
        world.note("node drains", process.name)
        let next = OneThread(value: next)
        run { mine in
            let node = mine.value
            await node.windUp(drain)
            guard !node.process.isDead else { return }
            node.die("it has ended")
            next.value()
        }
    }

    private func windUp(_ drain: Duration) async {
        switchboard.close()
        await wait(drain) { [self] in switchboard.liveCalls == 0 }
        switchboard.hangUpAll(.drainTimeout)
        await wait(.seconds(3)) { [self] in switchboard.liveCalls == 0 }
        await wait(.milliseconds(500)) { [self] in switchboard.openCalls == 0 }
        switchboard.endAll()
        await wait(.milliseconds(100)) { [self] in switchboard.openCalls == 0 && switchboard.keepsNothing }
        await sweeper.stop(
            leaves: switchboard.keepsNothing, by: .at(world.now.advanced(by: .milliseconds(100))))
        await wait(.milliseconds(500)) { [self] in store.underWay == 0 }
    }

    private func wait(_ limit: Duration, for condition: () -> Bool) async {
        let end = world.now.advanced(by: limit)
        while !condition(), world.now < end, !process.isDead { await process.pause(.milliseconds(20)) }
    }

    // MARK: what comes in

    /// A media socket; its call gets these dice.
    func takeStream(_ dice: WorldGenerator) -> any CallSocketOwner {
        random.next = dice
        defer { random.next = nil }
        return switchboard.takeStream(in: home, isTrusted: true) {}
    }

    /// A webhook; nil is no answer.
    func answer(_ path: String, _ form: String, then told: @escaping (HTTPResponse?) -> Void) {
        let headers: Headers = [
            "Host": "bridge.example", "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": "\(form.utf8.count)",
        ]
        guard let head = try? RequestHead(method: "POST", target: path, headers: headers) else {
            preconditionFailure("a head is none")
        }
        let http = HTTPRequest(head: head, body: Array(form.utf8), peer: Self.peer, isSecure: true, arrived: world.now)
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
        ].filter { $0.1 != 0 }.map { (name: $0.0, count: $0.1) }
    }
}
