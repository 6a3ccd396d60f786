import CallCore
import CallStore
import Synchronization
import Telemetry
import Timeline

@testable import CallRuntime

/// Nodes that share a store, a carrier that the test plays, and a clock that only waiting moves.
final class SweepFixture: Sendable {
    static let beginning = Instant(nanoseconds: 5_000_000_000)

    /// What the carrier answers about a call.
    enum Says: Sendable {
        case status(CallStatus)
        case unknown
        case nothing
    }

    private struct State {
        var now = SweepFixture.beginning
        var says: [String: Says] = [:]
        var asked: [(call: String, at: Instant)] = []
        var hungUp: [String] = []
        var atOnce = 0
        var mostAtOnce = 0
        var sessions: [String: Set<String>] = [:]
        var dropped: [String] = []
    }

    let store = MemoryCallStore()
    let registry = MetricsRegistry()
    let errors: ErrorSink
    private let state = Mutex(State())

    init() { errors = ErrorSink(logger: .off, registry: registry) }

    var now: Instant { state.withLock { $0.now } }
    var asked: [String] { state.withLock { $0.asked.map(\.call) } }
    var askedAt: [Duration] { state.withLock { $0.asked.map { Self.beginning.duration(to: $0.at) } } }
    var hungUp: [String] { state.withLock { $0.hungUp } }
    var mostAtOnce: Int { state.withLock { $0.mostAtOnce } }
    var dropped: [String] { state.withLock { $0.dropped } }
    var unreconciled: Double { registry.gauge(.callsUnreconciled).value }

    func swept(_ reason: EndReason) -> UInt64 { registry.counter(.swept, reason.rawValue).value }

    var utc: UTCTime {
        UTCTime(millisecondsSince1970: 1_768_473_000_000 + Self.beginning.nanoseconds(to: now) / 1_000_000)
    }

    func advance(_ duration: Duration) { state.withLock { $0.now = $0.now.advanced(by: duration) } }

    func carrier(says answer: Says, of call: String) { state.withLock { $0.says[call] = answer } }

    func answers(_ call: String, at node: String) { state.withLock { _ = $0.sessions[node, default: []].insert(call) } }

    func endSession(_ call: String, at node: String) { state.withLock { _ = $0.sessions[node]?.remove(call) } }

    func node(_ name: String, hasCarrier: Bool = true, rules: SweepRules = SweepRules()) -> Sweeper {
        var services = SweepServices(
            node: name, store: store, carrier: hasCarrier ? PlayedCarrier(fixture: self) : nil, rules: rules,
            registry: registry, logger: .off, errors: errors)
        services.now = { self.now }
        services.utc = { self.utc }
        services.wait = { pause in
            self.advance(pause)
            await Task.yield()
        }
        return Sweeper(services, tenure: NodeTenure())
    }

    /// As its lock tells, once its process is gone.
    func dies(_ sweeper: Sweeper) async throws {
        if let epoch = sweeper.tenure.epoch { try await store.leave(epoch) }
    }

    func begin(_ sweeper: Sweeper) async throws {
        let name = sweeper.services.node
        let sessions = LiveSessions(
            contains: { call in self.state.withLock { $0.sessions[name]?.contains(call) ?? false } },
            drop: { call in
                self.state.withLock { state in
                    state.sessions[name]?.remove(call)
                    state.dropped.append(call)
                }
            })
        try await sweeper.begin(with: sessions)
    }

    /// A call as the node's own code would have it in the store.
    @discardableResult
    func call(
        _ number: Int, of sweeper: Sweeper?, stream: Bool = true, status: CallStatus = .inProgress, named: Bool = true,
        scheduledAt: UTCTime? = nil
    ) async throws -> CallID {
        let time = UTCTime(millisecondsSince1970: utc.millisecondsSince1970)
        var record = CallRecord(
            id: CallID(at: time, random: (UInt64(number), UInt64(number))), providerCallID: named ? "CA\(number)" : nil,
            direction: .inbound, status: status, createdAt: time)
        record.agent = "default"
        record.scheduledAt = scheduledAt
        var change = CallChange(at: time)
        change.streamID = stream ? "MZ\(number)" : nil
        var facts = CallFacts(of: .id(record.id), by: "call", orOpen: record, [.change(change)])
        if let sweeper { facts.owner = sweeper.tenure.epoch }
        _ = try await store.keep(facts)
        return record.id
    }

    func record(_ id: CallID) async throws -> CallRecord? { try await store.record(of: .id(id)) }

    /// Lets time pass in steps, and lets what is begun come to its end in each.
    func pass(_ duration: Duration, _ sweepers: Sweeper..., step: Duration = .milliseconds(500), renewing: Bool = false)
        async
    {
        let end = now.advanced(by: duration)
        while now < end {
            advance(min(step, now.duration(to: end)))
            for sweeper in sweepers {
                if renewing { await sweeper.renew() }
                await sweeper.turn()
                await sweeper.settle()
            }
        }
    }

    fileprivate func look(_ call: String) async throws(CarrierControlError) -> CarrierView? {
        let says = state.withLock { state in
            state.asked.append((call, state.now))
            state.atOnce += 1
            state.mostAtOnce = max(state.mostAtOnce, state.atOnce)
            return state.says[call] ?? .nothing
        }
        for _ in 0..<4 { await Task.yield() }
        state.withLock { $0.atOnce -= 1 }
        switch says {
        case .status(let status): return CarrierView(status: status, carrier: .init(status: status.rawValue))
        case .unknown: return nil
        case .nothing: throw .unavailable("it is away", mayHaveActed: false)
        }
    }

    fileprivate func hangUp(_ call: String) {
        state.withLock { state in
            state.hungUp.append(call)
            state.says[call] = .status(.completed)
        }
    }
}

private struct PlayedCarrier: CarrierControl {
    let fixture: SweepFixture

    func hangUp(_ call: String) async throws(CarrierControlError) { fixture.hangUp(call) }
    func redirect(_ call: String, to steps: [CallerStep]) async throws(CarrierControlError) {}
    func look(_ call: String) async throws(CarrierControlError) -> CarrierView? { try await fixture.look(call) }
}

extension Sweeper {
    /// Until nothing is under way.
    func settle() async {
        while let work = cases.values.compactMap(\.work).first { await work.value }
    }
}
