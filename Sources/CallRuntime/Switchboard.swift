public import CallCore
public import HTTPLoop
internal import MediaCore
public import SocketLoop
internal import Synchronization
internal import Telemetry
public import Timeline

/// Where calls begin and are found: one a node. It knows every call that lives here.
public final class Switchboard: Sendable {
    /// What the calls of one loop share. Touched on that loop alone.
    private final class LoopKit: @unchecked Sendable {
        let side: LoopSide
        let dialer: LoopDialer
        let bench = FrameBench()
        /// 500 calls that all keep two minutes would take this much; a hundred spare pieces cover everyday needs.
        let slabs = SlabPool(limit: 131_072, spares: 128)

        init(_ core: LoopCore, limits: WebSocketLimits, tls: TLSClientContext) {
            side = LoopSide(core)
            dialer = LoopDialer(on: core, limits: limits, tls: tls)
        }
    }

    private let services: CallServices
    private let upstreamLimits: WebSocketLimits
    private let tls: TLSClientContext
    private let desk = CallDesk()
    private let isClosed = Atomic(false)
    private let kits = Mutex<[Int: LoopKit]>([:])

    /// - Parameters:
    ///   - upstreamLimits: For the sockets to upstreams.
    ///   - tls: For the same.
    public init(_ services: CallServices, upstreamLimits: WebSocketLimits, tls: TLSClientContext) {
        self.services = services
        self.upstreamLimits = upstreamLimits
        self.tls = tls
        services.metrics.registry.gauge(.slabsInUse) { [weak self] in Double(self?.slabsInUse ?? 0) }
    }

    private var slabsInUse: Int { kits.withLock { $0.values.reduce(0) { $0 + $1.slabs.inUse } } }

    /// A carrier's media socket was accepted on this loop: whoever serves it from now on.
    ///
    /// - Parameter settled: Called once it is clear whose call it is, or that it is nobody's.
    public func takeStream(
        on core: LoopCore, isTrusted: Bool, settled: @escaping @Sendable () -> Void
    ) -> any WebSocketHandler {
        let kit = kit(of: core)
        let line = CallLine(
            loop: kit.side, bench: kit.bench, slabs: kit.slabs, metrics: services.metrics.line)
        let call = Call(
            on: core.executor, line: line, dialer: kit.dialer, services: services, desk: desk, isTrusted: isTrusted,
            settled: settled)
        line.listener = call
        return SocketLeg(owner: CarrierEnd(line))
    }

    private func kit(of core: LoopCore) -> LoopKit {
        kits.withLock { kits in
            if let kit = kits[core.index] { return kit }
            let kit = LoopKit(core, limits: upstreamLimits, tls: tls)
            kits[core.index] = kit
            return kit
        }
    }

    public var liveCalls: Int { desk.liveCount }
    /// With those whose carrier has not said yet which call it is.
    public var openCalls: Int { desk.openCount }

    /// No new calls any more; those that are here go on.
    public func close() { isClosed.store(true, ordering: .relaxed) }

    public var takesCalls: Bool { !isClosed.load(ordering: .relaxed) }

    // MARK: by the carrier's name of a call

    /// A webhook announced this call: its stream has to bring a token.
    public func expect(_ name: String, agent: String, until: Instant) {
        desk.expect(name, CallDesk.Expected(agent: agent, until: until), at: SystemClock.now())
    }

    /// What the carrier gets when it asks what follows the stream; nil for a call that is not known.
    public func afterBridge(_ name: String) -> [CallerStep]? {
        desk.prepared(name, at: SystemClock.now())
    }

    /// The carrier reports a status.
    public func carrierReported(_ name: String, _ status: CallStatus) {
        guard let call = desk.call(name) else { return }
        call.tell { $0.carrierReported(status) }
    }

    /// False when there is no such call here.
    public func hangUp(_ name: String, _ reason: EndReason) -> Bool {
        guard let call = desk.call(name) else { return false }
        call.tell { $0.hangUp(reason, saying: []) }
        return true
    }

    /// Ends all calls as well as the carrier allows: each caller is told.
    public func hangUpAll(_ reason: EndReason) {
        for call in desk.openCalls { call.tell { $0.hangUp(reason, saying: $0.machine.apology) } }
    }

    /// Ends what is left at once: the process ends.
    public func endAll() {
        for call in desk.openCalls { call.tell { $0.nodeEnds() } }
    }
}
