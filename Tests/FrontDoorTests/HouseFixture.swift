import Addresses
import CallCore
import CallStore
import CarrierWire
import HTTPLoop
import HTTPWire
import SocketLoop
import Synchronization
import Telemetry
import TestSupport
import Timeline
import Wording

@testable import FrontDoor

/// Runs no calls: says what it was told to, and keeps what it hears.
final class FakeHost: CallHost, CallCommanding {
    struct State {
        var admission = CallAdmission.open
        var expected: [ExpectedCall] = []
        var ended: [BridgeEnd] = []
        var reported: [CallStatus] = []
        var opened: [CallID] = []
        var hungUp: [CallID] = []
        var steps: [CallerStep] = []
        var transferred: [String] = []
        var said: [String] = []
        var commandError: CallCommandError?
        var woken = 0
        var resumes: (CallRecord, Agent)?
        var readiness = AgentReadiness.ready
    }

    private let state = Mutex(State())

    var now: State { state.withLock { $0 } }
    func set(_ change: @Sendable (inout State) -> Void) { state.withLock { change(&$0) } }

    var admission: CallAdmission { state.withLock { $0.admission } }
    func expect(_ call: ExpectedCall) { state.withLock { $0.expected.append(call) } }
    func carrierReported(_ status: CallStatus, of providerCallID: String) {
        state.withLock { $0.reported.append(status) }
    }
    func carrierOpened(_ record: CallRecord) {
        state.withLock { $0.opened.append(record.id) }
    }
    func readiness(of agent: Agent) -> AgentReadiness { state.withLock { $0.readiness } }
    func afterBridge(_ end: BridgeEnd) async -> BridgeSequel {
        state.withLock { state in
            state.ended.append(end)
            if let (record, agent) = state.resumes { return .resume(record, agent) }
            return .steps(state.steps)
        }
    }
    func hangUp(_ call: CallRecord) async throws(CallCommandError) {
        try obey()
        state.withLock { $0.hungUp.append(call.id) }
    }
    func transfer(_ call: CallRecord, to number: PhoneNumber) async throws(CallCommandError) {
        try obey()
        state.withLock { $0.transferred.append(number.unmasked) }
    }
    func say(_ text: String, to call: CallRecord) async throws(CallCommandError) {
        try obey()
        state.withLock { $0.said.append(text) }
    }
    private func obey() throws(CallCommandError) {
        if let error = state.withLock({ $0.commandError }) { throw error }
    }
    func takeStream(_ upgrade: StreamUpgrade, on loop: LoopCore) throws(Problem) -> any WebSocketHandler {
        throw Problem(418, code: "test.taken", "signed \(upgrade.isSigned) client \(upgrade.client)")
    }
}

extension FakeHost: CallDialling {
    var takesOrders: Bool { admission != .draining }
    func wake() async { set { $0.woken += 1 } }
    func settled(_ call: CallID, within limit: Duration) async {}
}

/// A store that answers nothing.
struct BrokenStore: CallStoring {
    static let error = CallStoreError.unavailable("the disk is gone")

    func keep(_ facts: CallFacts) async throws(CallStoreError) -> CallKept { throw Self.error }
    func erase(_ call: CallReference, at time: UTCTime) async throws(CallStoreError) -> CallErasure { throw Self.error }
    func record(of call: CallReference) async throws(CallStoreError) -> CallRecord? { throw Self.error }
    func events(of call: CallReference) async throws(CallStoreError) -> [CallEvent]? { throw Self.error }
    func transcript(of call: CallReference) async throws(CallStoreError) -> [TranscriptTurn]? { throw Self.error }
    func records(matching filter: CallFilter, page: CallPage.Request) async throws(CallStoreError) -> CallPage {
        throw Self.error
    }
}

/// A store that keeps nothing before it is released.
final class StalledStore: CallStoring {
    let inner = MemoryCallStore()
    private let state = Mutex((isReleased: false, waiting: [CheckedContinuation<Void, Never>]()))

    func release() {
        let waiting = state.withLock { state in
            state.isReleased = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.resume() }
    }

    private func wait() async {
        await withCheckedContinuation { continuation in
            let isReleased = state.withLock { state in
                if !state.isReleased { state.waiting.append(continuation) }
                return state.isReleased
            }
            if isReleased { continuation.resume() }
        }
    }

    func keep(_ facts: CallFacts) async throws(CallStoreError) -> CallKept {
        await wait()
        return try await inner.keep(facts)
    }
    func erase(_ call: CallReference, at time: UTCTime) async throws(CallStoreError) -> CallErasure {
        await wait()
        return try await inner.erase(call, at: time)
    }
    func record(of call: CallReference) async throws(CallStoreError) -> CallRecord? {
        await wait()
        return try await inner.record(of: call)
    }
    func events(of call: CallReference) async throws(CallStoreError) -> [CallEvent]? {
        await wait()
        return try await inner.events(of: call)
    }
    func transcript(of call: CallReference) async throws(CallStoreError) -> [TranscriptTurn]? {
        await wait()
        return try await inner.transcript(of: call)
    }
    func records(matching filter: CallFilter, page: CallPage.Request) async throws(CallStoreError) -> CallPage {
        await wait()
        return try await inner.records(matching: filter, page: page)
    }
}

/// The whole front door on loopback, with nobody behind it.
struct HouseFixture {
    static let secret = Secret("s3cret")

    let door: FrontDoorFixture
    let host: FakeHost
    let store: any CallStoring

    struct Plan {
        var agents: [Agent] = []
        var numbers: [NumberEntry] = []
        var proof = CarrierAccess.Proof.local
        var address = PublicAddress()
        var store: any CallStoring = MemoryCallStore()
        var errors: (any ErrorKeeping)?
        var settings = TwilioPaths.Settings(secret: HouseFixture.secret)
        var tokens: [BearerTokens.Token] = []
        var requestsPerSecond = 0
        var dialling = DialRules()
        var hasCarrier = true
        var utc: @Sendable () -> UTCTime = { SystemClock.utc() }
    }

    func post(
        _ path: String, _ fields: KeyValuePairs<String, String>, headers: Headers = [:]
    ) async throws -> HTTPClientResponse {
        var form = WebForm()
        for (name, value) in fields { form.append(name, value) }
        var all: Headers = ["Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"]
        all.append(contentsOf: headers)
        return try await door.ask(
            "POST", path, headers: all, body: String(decoding: form.encoded, as: UTF8.self))
    }

    func ring(_ call: String = "CA1", from: String = "+15550001111", to: String = "+15550002222") async throws
        -> HTTPClientResponse
    {
        try await post(
            "/twilio/voice",
            ["CallSid": call, "From": from, "To": to, "Direction": "inbound", "CallStatus": "ringing"])
    }

    func record(_ call: String = "CA1") async throws -> CallRecord? {
        try await store.record(of: .provider(call))
    }

    func kinds(_ call: String = "CA1") async throws -> [CallEvent.Kind] {
        try await store.events(of: .provider(call))?.map(\.kind) ?? []
    }

    func webhooks(_ path: String, _ outcome: String) -> UInt64 {
        door.registry.counter(.webhooks, path, outcome).value
    }

    func rejected(_ reason: String) -> UInt64 { door.registry.counter(.rejected, reason).value }
}

func withHouse(
    _ plan: HouseFixture.Plan = .init(), _ body: (HouseFixture) async throws -> Void
) async throws {
    let host = FakeHost()
    try await withLoops(1) { group in
        let registry = MetricsRegistry()
        let errors = ErrorSink(logger: .off, registry: registry)
        // Rates see no time pass, however slow the machine is.
        let moment = SystemClock.now()
        let directory = AgentDirectory(agents: plan.agents, numbers: plan.numbers, upstreams: [.openAI])
        let house = TwilioPaths.House(
            host: host, store: plan.store, ids: CallIDSource(), agents: { directory }, node: "n1",
            errors: errors, registry: registry, now: { moment })
        var router = Router()
        TwilioPaths(plan.settings, house: house, address: plan.address, proof: plan.proof).add(to: &router)
        let entry = APIGuard(
            BearerTokens(plan.tokens, isReachable: false), address: plan.address,
            requestsPerSecond: plan.requestsPerSecond, registry: registry, now: { moment })
        CallRoutes(entry, store: plan.store).add(to: &router)
        ControlRoutes(entry, store: plan.store, commands: host, rules: plan.dialling).add(to: &router)
        if let dials = plan.store as? any CallStoring & DialKeeping {
            let orders = DialRoutes.House(
                store: dials, dialler: plan.hasCarrier ? host : nil, agents: { directory },
                rules: plan.dialling, ids: CallIDSource(), node: "n1", registry: registry, now: plan.utc)
            DialRoutes(entry, house: orders, address: plan.address).add(to: &router)
        }
        if let errors = plan.errors { ErrorRoutes(entry, errors: errors).add(to: &router) }
        let door = try FrontDoorFixture(group, router, registry: registry, errors: errors)
        defer { door.server.close() }
        try await body(HouseFixture(door: door, host: host, store: plan.store))
        door.client.close()
    }
}
