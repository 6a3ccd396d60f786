public import CallCore
public import CarrierWire
public import HTTPLoop
public import JSONWire
internal import MediaCore
public import SocketLoop
internal import Synchronization
internal import Telemetry
public import Timeline
internal import UpstreamWire
public import Wording

/// Where calls begin and are found: one a node. It knows every call that lives here.
public final class Switchboard: Sendable {
    let services: CallServices
    private let shared: Shared<CallServices>
    private let upstreamLimits: WebSocketLimits
    private let tls: TLSClientContext
    let desk = CallDesk()
    private let isClosed = Atomic(false)
    private let homes = Mutex<[Int: CallHome]>([:])

    /// - Parameters:
    ///   - upstreamLimits: For the sockets to upstreams.
    ///   - tls: For the same.
    public init(_ services: CallServices, upstreamLimits: WebSocketLimits, tls: TLSClientContext) {
        self.services = services
        shared = Shared(services)
        self.upstreamLimits = upstreamLimits
        self.tls = tls
        services.metrics.registry.gauge(.slabsInUse) { [weak self] in Double(self?.slabsInUse ?? 0) }
    }

    private var slabsInUse: Int { homes.withLock { $0.values.reduce(0) { $0 + $1.slabs.inUse } } }

    /// A carrier's media socket was accepted on this loop: whoever serves it from now on.
    ///
    /// - Parameter settled: Called once it is clear whose call it is, or that it is nobody's.
    public func takeStream(
        on core: LoopCore, as dialect: CarrierDialect, isTrusted: Bool, settled: @escaping @Sendable () -> Void
    ) -> any WebSocketHandler {
        SocketLeg(owner: takeStream(in: home(on: core), as: dialect, isTrusted: isTrusted, settled: settled))
    }

    /// The same for whatever carries the stream: who is told what comes in on it.
    public func takeStream(
        in home: CallHome, as dialect: CarrierDialect = .twilio, isTrusted: Bool,
        settled: @escaping @Sendable () -> Void
    ) -> any CallSocketOwner {
        let line = CallLine(
            loop: home.loop, bench: home.bench, slabs: home.slabs, metrics: services.metrics.line,
            dialect: dialect, codecs: home.codecs)
        let call = Call(
            on: home.executor, line: line, dialer: home.dialer, services: shared, desk: desk, aside: home.aside,
            isTrusted: isTrusted, settled: settled)
        line.listener = call
        return CarrierEnd(line)
    }

    private func home(on core: LoopCore) -> CallHome {
        homes.withLock { homes in
            if let home = homes[core.index] { return home }
            let home = CallHome(
                on: core.executor, aside: { [executor = core.executor] in executor.execute($0) }, loop: LoopSide(core),
                dialer: LoopDialer(on: core, limits: upstreamLimits, tls: tls),
                codecs: codecDesk(on: core))
            homes[core.index] = home
            return home
        }
    }

    private func codecDesk(on core: LoopCore) -> CodecDesk {
        let executor = core.executor
        let name = "opus-\(core.index)"
        return CodecDesk { CodecWorker(name: name) { work in executor.execute(work) } }
    }

    public var liveCalls: Int { desk.liveCount }
    /// With those whose carrier has not said yet which call it is.
    public var openCalls: Int { desk.openCount }

    /// Nothing of a call waits to be kept.
    public var keepsNothing: Bool { services.metrics.tasks.value == 0 }
    /// What calls still have to do or to have kept, also those that are over.
    public var tasksLeft: Int { Int(services.metrics.tasks.value) }

    /// No new calls any more; those that are here go on.
    public func close() { isClosed.store(true, ordering: .relaxed) }

    public var takesCalls: Bool { !isClosed.load(ordering: .relaxed) }

    // MARK: by the carrier's name of a call

    /// A webhook announced this call: its stream has to bring a token.
    ///
    /// - Parameter variables: Given with the call, on top of the agent's own.
    public func expect(_ name: String, agent: String, variables: JSONObject = JSONObject(), until: Instant) {
        let now = services.now()
        let agent = services.directory.agent(agent)
        let expected = CallDesk.Expected(
            agent: agent, variables: variables, until: until, ticket: agent.flatMap { ticket(for: $0, at: now) })
        guard !desk.expect(name, expected, at: now) else { return }
        services.errors.report(
            ErrorReport(
                code: "call.desk_full", component: "call",
                message: "Too many calls wait for their streams; this one's stream may come in without its token.",
                context: ErrorContext(call: name)))
    }

    /// What the agent's upstream can be asked before the caller is there.
    private func ticket(for agent: Agent, at now: Instant) -> UpstreamTicket? {
        guard let vendor = services.directory.upstream(of: agent),
            services.gates.condition(of: vendor, at: now) == .closed
        else { return nil }
        let character = UpstreamAgent(agent)
        guard case .ask(let question) = try? services.providers[vendor]?.opening(for: character) else { return nil }
        let deadline = Deadline(limit: services.rules.upstreamAttempt, from: now)
        return UpstreamTicket(
            vendor: vendor, vendorAgentID: character.vendorAgentID,
            request: Task(name: "ticket", executorPreference: services.early) { [services] in
                do throws(UpstreamFailure) {
                    return try await question(deadline)
                } catch {
                    services.logger.warning(
                        error.code, "\(error.message) It is asked again once the caller is there.",
                        [
                            "detail": .peer(error.detail), "upstream": .string(vendor.rawValue),
                            "agent": .string(agent.id),
                        ])
                    services.metrics.registry.counter(.upstreamFailures, vendor.rawValue, error.reason.code).increment()
                    return nil
                }
            })
    }

    /// Whether an agent can take a call now: it, or whoever stands in for it.
    public func readiness(of agent: Agent) -> AgentReadiness {
        let now = services.now()
        if let limit = agent.limits.calls, limit > 0, desk.count(of: agent.id, at: now) >= limit {
            return .full(limit: limit)
        }
        let directory = services.directory
        let vendors = [agent, directory.fallback(for: agent)].compactMap { $0.flatMap(directory.upstream) }
            .filter { services.providers[$0] != nil }
        guard !vendors.isEmpty else { return .noUpstream }
        return vendors.allSatisfy { services.gates.condition(of: $0, at: now) == .open } ? .upstreamsResting : .ready
    }

    /// What the carrier gets when it asks what follows the stream; nil for a call that is not known.
    public func afterBridge(_ name: String) -> [CallerStep]? {
        desk.prepared(name, at: services.now())
    }

    /// The carrier reports a status.
    public func carrierReported(_ name: String, _ status: CallStatus) {
        guard let call = desk.call(name) else {
            if status.isFinal { desk.forget(name) }
            return
        }
        call.tell { $0.carrierReported(status) }
    }

    /// Whether the call is on the line here.
    public func hasCall(_ name: String) -> Bool { desk.call(name) != nil }

    /// Lets go of a call that another node answers for.
    public func drop(_ name: String) {
        desk.call(name)?.tell { $0.nodeEnds(.nodeLost) }
    }

    /// False when there is no such call here.
    public func hangUp(_ name: String, _ reason: EndReason) -> Bool {
        guard let call = desk.call(name) else { return false }
        call.tell { $0.hangUp(reason, saying: []) }
        return true
    }

    /// Whether caller and bridge are on the line here, and nothing about the end is decided.
    public func isTalking(_ name: String) async -> Bool { await desk.call(name)?.machine.isTalking ?? false }

    /// Puts the caller through to somebody else; `callerID` is what they are shown. False when the call is not on the line
    /// here, or about to end.
    public func transfer(_ name: String, to number: PhoneNumber, callerID: PhoneNumber?) async -> Bool {
        guard let call = desk.call(name) else { return false }
        return await call.transfer(to: number, callerID: callerID)
    }

    /// Tells the agent something, which it speaks about at once. False when it is not on the line here.
    public func say(_ text: String, to name: String) async -> Bool {
        guard let call = desk.call(name) else { return false }
        return await call.say(text)
    }

    /// Ends all calls as well as the carrier allows: each caller is told.
    public func hangUpAll(_ reason: EndReason) { hangUp(desk.openCalls, reason) }

    private func hangUp(_ calls: [Call], _ reason: EndReason) {
        for call in calls {
            // Another node goes on with what was handed over.
            call.tell { if !$0.isHandedOver { $0.hangUp(reason, saying: $0.machine.apology) } }
        }
    }

    // MARK: handing over

    /// The same for those with which no other node could go on: their carrier does not ask us what follows.
    public func hangUpStrangers(_ reason: EndReason) { hangUp(desk.openCalls(isOwn: false), reason) }

    /// Calls that another node can go on with, and all others.
    public func openCalls(isOwn: Bool) -> Int { desk.openCalls(isOwn: isOwn).count }

    /// Other nodes are to go on with the calls that are left: the last of what is known of them is kept now.
    public func prepareHandover() {
        for call in desk.openCalls(isOwn: true) { call.tell { $0.prepareHandover() } }
    }

    /// Ends their streams. By then the store must not take them for ours any more: the carrier asks another node at once.
    public func handOver() {
        for call in desk.openCalls(isOwn: true) { call.tell { $0.handOver() } }
    }

    /// Whether another node goes on with a call that was here.
    public func isHandedOver(_ name: String) -> Bool { desk.isHandedOver(name) }

    /// Ends what is left at once: the process ends.
    public func endAll() {
        for call in desk.openCalls { call.tell { $0.nodeEnds() } }
    }
}
