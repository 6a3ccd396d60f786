import CallCore
import CallStore
import Synchronization
import Telemetry
import Testing
import Timeline
import Wording

@testable import CallRuntime

/// A carrier that takes calls, or does not, as a test says; and a clock that only waiting moves.
private final class FakeCarrier: CarrierControl, CarrierDialling {
    enum Step: Sendable {
        case take
        /// Taken, and the answer is lost.
        case lose
        case fail(DialFailure)
    }

    struct State {
        var steps: [Step] = []
        var dialled: [CallID] = []
        var calls: [RecentCall] = []
        var hungUp: [String] = []
        var isSilent = false
        var now = Instant(nanoseconds: 0)
    }

    private let state = Mutex(State())

    var seen: State { state.withLock { $0 } }
    func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

    func dial(_ order: DialOrder) async throws(DialFailure) -> String {
        let result: Result<String, DialFailure> = state.withLock { state in
            state.dialled.append(order.call)
            let name = "CA\(state.dialled.count)"
            switch state.steps.isEmpty ? .take : state.steps.removeFirst() {
            case .fail(let failure): return .failure(failure)
            case .take: return .success(name)
            case .lose:
                state.calls.append(RecentCall(name: name, createdAt: utc(state.now)))
                return .failure(DialFailure(.unclear, "lost"))
            }
        }
        return try result.get()
    }

    func recentCalls(of order: DialOrder) async throws(CarrierControlError) -> [RecentCall] {
        guard !seen.isSilent else { throw .resting }
        return seen.calls.reversed()
    }

    func hangUp(_ call: String) async throws(CarrierControlError) { set { $0.hungUp.append(call) } }
    func redirect(_ call: String, to steps: [CallerStep]) async throws(CarrierControlError) {}
    func look(_ call: String) async throws(CarrierControlError) -> CarrierView? { nil }

    func utc(_ now: Instant) -> UTCTime {
        UTCTime(millisecondsSince1970: 1_768_473_000_000 + now.nanoseconds / 1_000_000)
    }
}

@Suite("The dialler", .timeLimit(.minutes(1)))
struct DiallerTests {
    private let carrier = FakeCarrier()
    private let store = MemoryCallStore()

    private var dialler: Dialler {
        var rules = DialRules()
        rules.callsPerSecond = 0
        let registry = MetricsRegistry()
        var services = DialServices(
            store: store, carrier: carrier, rules: rules, epoch: { NodeEpoch(0) }, expect: { _ in },
            registry: registry, logger: .off, errors: ErrorSink(logger: .off, registry: registry))
        services.now = { [carrier] in carrier.seen.now }
        services.utc = { [carrier] in carrier.utc(carrier.seen.now) }
        services.wait = { [carrier] pause in
            carrier.set { $0.now = $0.now.advanced(by: pause) }
            // Time costs nothing here, but others want the thread.
            await Task.yield()
        }
        return Dialler(services)
    }

    private func order(_ number: UInt64 = 1, expires: Int64? = nil) async throws -> DialOrder {
        let now = carrier.utc(carrier.seen.now)
        let id = CallID(at: now, random: (0, number))
        let order = DialOrder(
            call: id, from: PhoneNumber("+15550002222"), to: PhoneNumber("+15550001111"), base: "https://x", due: now,
            expires: expires.map { UTCTime(millisecondsSince1970: now.millisecondsSince1970 + $0) }, limitSeconds: 60)
        let record = CallRecord(
            id: id, providerCallID: nil, direction: .outbound, status: .queued, from: order.from, to: order.to,
            createdAt: now)
        _ = try await store.order(order, opening: record, under: nil, within: DialRules(), at: now)
        _ = try await store.claimDial(for: nil, within: DialRules(), at: now)
        return order
    }

    private func record(_ order: DialOrder) async throws -> CallRecord {
        try #require(try await store.record(of: .id(order.call)))
    }

    @Test("What the carrier takes has its name, and leaves the list")
    func taken() async throws {
        let order = try await order()
        await dialler.carryOut(order, triedAt: nil)
        #expect(try await record(order).providerCallID == "CA1")
        #expect(try await record(order).status == .queued)
        #expect(try await store.cancelDial(of: order.call, at: order.due) == nil)
    }

    @Test("A lost answer is found among the carrier's calls, and nothing is dialled again")
    func lost() async throws {
        carrier.set { $0.steps = [.lose] }
        let order = try await order()
        await dialler.carryOut(order, triedAt: nil)
        #expect(try await record(order).providerCallID == "CA1")
        #expect(carrier.seen.dialled == [order.call])
    }

    @Test("A call that is another order's is not taken for this one's")
    func others() async throws {
        carrier.set { $0.steps = [.lose, .fail(DialFailure(.unclear, "lost")), .take] }
        let first = try await order(1)
        await dialler.carryOut(first, triedAt: nil)
        let second = try await order(2)
        await dialler.carryOut(second, triedAt: nil)
        #expect(try await record(first).providerCallID == "CA1")
        #expect(try await record(second).providerCallID == "CA3")
    }

    @Test("A call from long before the order is not taken for it")
    func old() async throws {
        carrier.set { state in
            state.calls = [
                RecentCall(name: "CA9", createdAt: carrier.utc(state.now)), RecentCall(name: "CA8", createdAt: nil),
            ]
            state.now = state.now.advanced(by: .seconds(31))
            state.steps = [.fail(DialFailure(.unclear, "lost")), .take]
        }
        let order = try await order()
        await dialler.carryOut(order, triedAt: nil)
        #expect(try await record(order).providerCallID == "CA2")
    }

    @Test("What the carrier refuses ends the call, with its code and words")
    func refused() async throws {
        carrier.set { $0.steps = [.fail(DialFailure(.refused, carrierCode: 21_215, "Not there."))] }
        let order = try await order()
        await dialler.carryOut(order, triedAt: nil)
        let record = try await record(order)
        #expect(record.status == .failed && record.endReason == .carrierFailed)
        #expect(record.failure == CallRecord.Failure(code: "carrier.21215", message: "Not there."))
    }

    @Test("One that expired is not dialled")
    func expired() async throws {
        let order = try await order(expires: 1)
        carrier.set { $0.now = $0.now.advanced(by: .milliseconds(1)) }
        await dialler.carryOut(order, triedAt: nil)
        #expect(try await record(order).endReason == .canceled)
        #expect(carrier.seen.dialled.isEmpty)
    }

    @Test("One that is canceled while the carrier takes it is ended there")
    func canceled() async throws {
        carrier.set { $0.steps = [.lose] }
        let order = try await order()
        carrier.set { $0.isSilent = true }
        let dialling = Task { [dialler] in await dialler.carryOut(order, triedAt: nil) }
        while carrier.seen.dialled.isEmpty { await Task.yield() }
        #expect(try await store.cancelDial(of: order.call, at: order.due)?.decidedEnd == .canceled)
        carrier.set { $0.isSilent = false }
        await dialling.value
        #expect(carrier.seen.hungUp == ["CA1"])
        #expect(try await record(order).providerCallID == "CA1")
    }

    @Test("One that a webhook has brought the name of is left alone")
    func webhook() async throws {
        carrier.set { $0.steps = [.fail(DialFailure(.unclear, "lost"))] }
        let order = try await order()
        carrier.set { $0.isSilent = true }
        let dialling = Task { [dialler] in await dialler.carryOut(order, triedAt: nil) }
        while carrier.seen.dialled.isEmpty { await Task.yield() }
        var change = CallChange(at: order.due)
        change.providerCallID = "CA7"
        _ = try await store.keep(CallFacts(of: .id(order.call), by: "test", [.change(change)]))
        await dialling.value
        #expect(try await record(order).providerCallID == "CA7")
        #expect(carrier.seen.dialled == [order.call] && carrier.seen.hungUp.isEmpty)
    }
}
