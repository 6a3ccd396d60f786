internal import Addresses
internal import CallCore
internal import CallRuntime
internal import Commands
internal import Configuration
internal import FrontDoor
internal import Glibc
internal import HTTPLoop
internal import SocketLoop
internal import Telemetry
internal import Timeline

/// One running bridge: all its parts, wired.
struct Node {
    /// Descriptors that connections leave to everything else.
    private static let sparedDescriptors = 64
    /// What is under way when the node is told to end at once may take this long.
    private static let politeLimit = Duration.milliseconds(500)
    /// For calls that were told to end, to do so in their order.
    private static let farewellLimit = Duration.seconds(3)
    /// For the last of what is known of calls that another node goes on with to be kept.
    private static let handoverLimit = Duration.seconds(1)
    /// For the last frames to go out.
    private static let lastWordLimit = Duration.milliseconds(100)
    /// For what waits to be written.
    private static let storeLimit = Duration.milliseconds(500)
    private static let look = Duration.milliseconds(20)
    /// Between two looks at what the node can hold, and at the beats that the service manager is told of.
    private static let second = Duration.seconds(1)

    let settings: Settings
    let logger: Logger
    let errors: ErrorSink
    let phase: NodePhase
    private let group: LoopGroup
    /// Accepts, serves the operators, and takes over while no other loop turns.
    private let spare: SocketLoop
    private let certificate: CurrentCertificate?
    private let servers: [HTTPServer]
    private let runner: ProbeRunner
    private let calls: CallWiring
    private let storage: Storage
    private let workers: Workers
    private let supervisor: CallSupervisor
    private let watch: LoopWatch
    private let memory: MemoryWatch
    private let admission: AdmissionGate
    private let drainWatch: DrainWatch
    private let manager: ServiceManager?

    /// Starts everything, up to listening.
    ///
    /// - Parameters:
    ///   - storage: Ended with the node.
    ///   - manager: Told how the node is.
    ///   - gaveUp: Told when the node cannot go on, and why; whoever owns it has to end it.
    init(
        _ settings: Settings, logger: Logger, errors: ErrorSink, registry: MetricsRegistry, storage: Storage,
        manager: ServiceManager? = nil, gaveUp: @escaping @Sendable (_ why: String) -> Void = { _ in }
    ) throws {
        self.settings = settings
        self.logger = logger.component("node")
        self.errors = errors
        self.storage = storage
        let phase = NodePhase()
        self.phase = phase
        let workers = Workers(errors: errors, registry: registry) { name in
            phase.enter(.draining)
            gaveUp("the work '\(name)' ended by itself again and again")
        }
        self.workers = workers
        registry.gauge(.buildInfo, Patchbay.version).set(1)
        registry.gauge(.draining) { phase.now > .serving ? 1 : 0 }

        let listen = try Self.address(settings.listen, "listen")
        let opsListen = try settings.opsListen.map { try Self.address($0, "ops_listen") }
        certificate = try Self.certificate(settings.tls)
        let trouble = SocketTrouble(logger: logger, registry: registry)
        group = try LoopGroup(count: settings.loops ?? 0) { trouble.libraryLine(isError: $0, $1) }
        spare = try SocketLoop(index: group.loops.count)
        spare.start()

        let watch = LoopWatch(group, spare: spare, registry: registry)
        let memory = MemoryWatch(on: spare)
        (self.watch, self.memory, self.manager) = (watch, memory, manager)
        let health = HealthRegistry(metrics: registry)
        health.add("loops", isCritical: true) { watch.health(at: $0) }
        health.add("memory", isCritical: true) { memory.health(at: $0) }
        storage.keeper?.addHealth(to: health)
        let runner = ProbeRunner(
            health, metrics: registry, every: settings.health.every, failures: settings.health.failures,
            changed: { Self.told($0, logger: logger.component("health"), errors: errors) })
        self.runner = runner
        let disk = DiskSpace(under: settings.database.directory.map { "\($0)/" } ?? ".")
        let admission = AdmissionGate(settings.limits.calls, logger: logger, registry: registry)
        self.admission = admission
        let calls = try CallWiring(
            settings, control: spare, storage: storage, admission: admission, logger: logger, errors: errors,
            registry: registry)
        self.calls = calls
        calls.addHealth(to: health)
        let drainWatch = DrainWatch(calls.drainWork, registry: registry)
        self.drainWatch = drainWatch
        let tellsFull = settings.readiness.full == .unready
        let probes = Probes(phase: phase, loops: watch, health: health, registry: registry) { now in
            NodeReading(
                isFull: tellsFull && admission.isFull(with: calls.switchboard.liveCalls),
                drain: drainWatch.reading(at: now))
        }
        supervisor = CallSupervisor(of: calls.switchboard)

        let turn = TurnWiring(
            settings.turn, on: spare, tls: try TLSClientContext(authoritiesFile: settings.tls.ca), logger: logger)

        var routes = Router()
        if opsListen == nil { probes.add(to: &routes) }
        calls.add(to: &routes)
        IceServersRoute(calls.entry, turn: turn?.offer(for: settings.timeouts.maxCall)).add(to: &routes)
        var policy = Acceptor.Policy(
            maximumConnections: Self.maximumConnections, perAddress: Self.addressLimit(settings), home: spare,
            placement: { watch.leastLoaded },
            trouble: { trouble.met($0) })
        var servers = [
            try HTTPServer(
                at: listen, group: group, certificate: certificate, policy: policy,
                service: FrontDoor(routes, logger: logger, errors: errors, registry: registry))
        ]
        if let opsListen {
            var routes = Router()
            probes.add(to: &routes)
            // Probes have a loop of their own then, and find room however many calls there are.
            policy.maximumConnections = 0
            policy.perAddress = nil
            policy.placement = nil
            servers.append(
                try HTTPServer(
                    at: opsListen, group: LoopGroup([spare]), policy: policy,
                    service: FrontDoor(routes, logger: logger, errors: errors, registry: registry)))
        }
        self.servers = servers
        for (server, name) in zip(servers, ["public", "ops"]) {
            registry.gauge(.httpConnections, name) { Double(server.counts.open) }
            registry.gauge(.httpRequests, name) { Double(server.requestsInFlight) }
        }
        calls.watch(with: runner)
        turn?.watch(with: runner)
        storage.keeper?.start(in: workers, every: settings.health.every)
        runner.add("disk", isCritical: false) { () throws(ProbeFailure) in try await disk.check() }
    }

    /// What the ready line says.
    var url: String { "\(certificate == nil ? "http" : "https")://\(servers[0].address)" }

    private static func told(_ change: HealthChange, logger: Logger, errors: ErrorSink) {
        switch change.health.status {
        case .failing:
            // The sink logs it, too.
            errors.report(
                ErrorReport(
                    code: change.health.lastErrorCode ?? "health.failing", component: "health",
                    severity: change.isCritical ? .critical : .error,
                    message: "\(change.name) is not well: \(change.health.lastError ?? "it does not say why")"))
        case .ok: logger.info("health.recovered", "It is well again.", ["dependency": .string(change.name)])
        case .unknown: break
        }
    }

    // MARK: its life

    /// Takes over what dead nodes left, and is ready then; what became of those calls is found out later.
    func beReady() async throws(CallStoreError) {
        let switchboard = calls.switchboard
        try await calls.sweeper.begin(
            with: LiveSessions(contains: { switchboard.hasCall($0) }, drop: { switchboard.drop($0) }))
        calls.dialler?.start()
        workers.start("sweep") { [sweeper = calls.sweeper] in await sweeper.sweep() }
        workers.start("lease") { [sweeper = calls.sweeper] in await sweeper.keepLease() }
        workers.start("supervisor") { [supervisor] in await supervisor.run() }
        workers.start("admission") { [self] in await mindCapacity() }
        if let limit = manager?.watchdog { workers.start("watchdog") { [self] in await bark(every: limit / 3) } }
        calls.book.start()
        phase.enter(.serving)
        manager?.ready("takes calls at \(url)")
        var fields: LogFields = [
            "version": .string(Patchbay.version), "url": .string(url), "loops": .integer(group.loops.count),
        ]
        if servers.count > 1 { fields["ops"] = .string("http://\(servers[1].address)") }
        logger.info("node.ready", "The node takes calls.", fields)
    }

    func reload() {
        guard let certificate else {
            logger.info("node.reload", "There is no certificate to read again.")
            return
        }
        do throws(SocketError) {
            try certificate.reload()
            logger.info("node.certificate_reloaded", "New connections get the certificate that was read again.")
        } catch {
            errors.report(
                ErrorReport(
                    code: error.code, component: "node", message: "The old certificate stays in use: \(error.message)"))
        }
    }

    // MARK: its end

    /// Gives what is under way its time: first the lame duck, then the drain.
    func drain() async {
        phase.enter(.draining)
        let limit = Deadline(
            limit: settings.timeouts.drain, from: SystemClock.now().advanced(by: settings.timeouts.lameDuck))
        drainWatch.begin(until: limit)
        manager?.stopping("waits for \(calls.switchboard.liveCalls) calls to end")
        logger.info(
            "node.draining", "The node is not ready any more and ends when all is done.",
            [
                "calls": .integer(calls.switchboard.liveCalls), "lame_duck": .duration(settings.timeouts.lameDuck),
                "limit": .duration(settings.timeouts.drain),
            ])
        // What waits to be dialled is left to other nodes, or to the next start.
        calls.dialler?.close()
        do {
            try await Task.sleep(for: settings.timeouts.lameDuck)
            calls.switchboard.close()
            // Until the calls are over the carrier's questions about them are answered.
            if try await !wait(by: limit, for: { drainWatch.isDone }) { try await cutWhatIsLeft() }
            for server in servers { server.drain() }
            guard try await !wait(by: limit, for: { requestsInFlight == 0 }) else { return }
            logger.warning("node.requests_cut_off", "Some requests were not answered within the drain limit.")
        } catch {
            logger.info("node.drain_cut_short", "The node was told to end before it had drained.")
        }
    }

    /// The drain's time is over: another node goes on with the calls whose carrier asks us what follows, if there is
    /// one. All other callers are told that it is over, and go where their agents send them.
    private func cutWhatIsLeft() async throws(CancellationError) {
        var fields = LogFields()
        for item in drainWatch.left { fields[item.name] = .integer(item.count) }
        logger.warning(
            "node.drain_timeout", "Not all was over within the drain limit; what is left is ended or handed over now.",
            fields)
        let switchboard = calls.switchboard
        let last = Deadline(limit: Self.farewellLimit, from: SystemClock.now())
        guard await calls.sweeper.hasHeirs() else {
            tellCutCalls()
            switchboard.hangUpAll(.drainTimeout)
            _ = try await wait(by: last, for: { switchboard.liveCalls == 0 })
            return
        }
        switchboard.hangUpStrangers(.drainTimeout)
        _ = try await wait(by: last, for: { switchboard.openCalls(isOwn: false) == 0 })
        switchboard.prepareHandover()
        let kept = Deadline(limit: Self.handoverLimit, from: SystemClock.now())
        _ = try await wait(by: kept, for: { switchboard.keepsNothing })
        logger.info(
            "node.handing_over", "Another node goes on with the calls that are left.",
            ["calls": .integer(switchboard.liveCalls)])
        let left = Deadline(limit: Self.farewellLimit, from: SystemClock.now())
        await calls.sweeper.stop(leaves: true, by: left)
        switchboard.handOver()
        _ = try await wait(by: left, for: { switchboard.liveCalls == 0 })
    }

    /// A line for each call that does not end by itself.
    private func tellCutCalls() {
        let now = SystemClock.now()
        for call in calls.switchboard.glimpses {
            var fields: LogFields = ["phase": .string("\(call.phase)")]
            if let name = call.providerCallID { fields["provider_call_id"] = .string(name) }
            if let frame = call.lastFrame { fields["last_frame"] = .duration(frame.duration(to: now)) }
            logger.warning("node.call_cut", "The node ends, and this call with it.", fields)
        }
    }

    /// Ends the node. Callers are told, and requests that are nearly done still get their answers.
    func stop(politely: Bool) async {
        phase.enter(.draining)
        manager?.stopping("ends")
        await calls.dialler?.stop(by: Deadline(limit: Self.lastWordLimit, from: SystemClock.now()))
        calls.switchboard.close()
        if !politely { tellCutCalls() }
        calls.switchboard.hangUpAll(.drainTimeout)
        if politely {
            for server in servers { server.drain() }
            // Whether it came to rest, ran out of time or was cancelled: what follows is the end.
            let limit = Deadline(limit: Self.politeLimit, from: SystemClock.now())
            _ = try? await wait(by: limit, for: { requestsInFlight == 0 && calls.switchboard.openCalls == 0 })
        }
        calls.book.stop()
        let leftBehind = await runner.stop()
        if leftBehind > 0 { logger.warning("node.probes_left", "Checks did not end.", ["count": .integer(leftBehind)]) }
        calls.switchboard.endAll()
        let limit = Deadline(limit: Self.lastWordLimit, from: SystemClock.now())
        _ = try? await wait(by: limit, for: { calls.switchboard.openCalls == 0 && calls.switchboard.keepsNothing })
        for name in await workers.stop(by: Deadline(limit: Self.lastWordLimit, from: SystemClock.now())) {
            logger.warning("node.work_left", "A work of the node did not end.", ["work": .string(name)])
        }
        // Whoever leaves has nothing kept any more; the lock goes with the process anyhow.
        await calls.sweeper.stop(
            leaves: calls.switchboard.keepsNothing,
            by: Deadline(limit: Self.lastWordLimit, from: SystemClock.now()))
        for server in servers { server.close() }
        await storage.keeper?.stop(by: Deadline(limit: Self.storeLimit, from: SystemClock.now()))
        group.stop()
        spare.stop()
        logger.info("node.ended", "The node has ended.")
    }

    // MARK: its second by second

    private func mindCapacity() async {
        repeat {
            let now = SystemClock.now()
            let reading = AdmissionRule.Reading(
                calls: calls.switchboard.liveCalls, loops: group.loops.count, lag: watch.lag(at: now),
                memory: memory.used, busy: watch.busy)
            admission.take(reading, at: now)
        } while (try? await Task.sleep(for: Self.second)) != nil
    }

    /// While a loop is stuck the service manager hears nothing, and starts the node again.
    private func bark(every period: Duration) async {
        repeat {
            if watch.stuck(at: SystemClock.now()).isEmpty { manager?.isAlive() }
        } while (try? await Task.sleep(for: period)) != nil
    }

    private var requestsInFlight: Int { servers.reduce(0) { $0 + $1.requestsInFlight } }

    /// Waits until something is so. False when it is not by the deadline.
    private func wait(
        by deadline: Deadline, for condition: () -> Bool
    ) async throws(CancellationError) -> Bool {
        while !condition() {
            guard !deadline.isReached(at: SystemClock.now()) else { return false }
            do {
                try await Task.sleep(for: Self.look)
            } catch {
                throw CancellationError()
            }
        }
        return true
    }

    // MARK: its beginnings

    private static func address(_ endpoint: HostPort, _ key: String) throws(UsageError) -> SocketAddress {
        let host = endpoint.host == "localhost" ? "127.0.0.1" : endpoint.host
        guard let address = SocketAddress(HostPort(host: host, port: endpoint.port)) else {
            throw UsageError("'\(key)' cannot be \"\(endpoint)\": expected an IP address, such as 127.0.0.1:8080")
        }
        return address
    }

    private static func certificate(_ tls: Settings.TLS) throws(SocketError) -> CurrentCertificate? {
        // The settings hold both or neither.
        guard let certificate = tls.certificate, let key = tls.key else { return nil }
        return try CurrentCertificate(certificateFile: certificate, keyFile: key)
    }

    /// Holds for connections that speak HTTP: who asks slowly, or not at all. Behind a proxy is everybody.
    private static func addressLimit(_ settings: Settings) -> AddressLimit? {
        let proxies = settings.trustedProxies
        guard settings.limits.unstartedPerAddress > 0 else { return nil }
        return AddressLimit(most: settings.limits.unstartedPerAddress) { address in
            address.isLoopback || proxies.contains { $0.contains(address) }
        }
    }

    /// So many that descriptors are left for files and for our own outgoing connections.
    private static var maximumConnections: Int {
        var limit = rlimit()
        // SAFETY: writes one structure.
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        return max(1, Int(clamping: limit.rlim_max) - sparedDescriptors)
    }
}
