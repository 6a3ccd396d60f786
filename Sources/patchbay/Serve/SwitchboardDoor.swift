internal import CallCore
internal import CallRuntime
internal import FrontDoor
internal import HTTPLoop
internal import SocketLoop
internal import Telemetry
internal import Timeline

/// The switchboard as the front door knows it.
struct SwitchboardDoor: StreamTaking, CallExpecting, BridgeFollowing, CarrierListening, CallCommanding, CallAdmitting {
    private static let mostResumptions = 3

    let switchboard: Switchboard
    let carrier: (any CarrierControl)?
    let sweeper: Sweeper
    let book: AgentBook
    let store: any CallStoring
    /// Zero and nil are no limit.
    let callLimit: Int?

    func takeStream(_ upgrade: StreamUpgrade, on loop: LoopCore) throws(Problem) -> any WebSocketHandler {
        let unstarted = upgrade.unstarted
        return switchboard.takeStream(on: loop, as: upgrade.dialect, isTrusted: upgrade.isSigned) {
            unstarted.resolved()
        }
    }

    func expect(_ call: ExpectedCall) {
        let left = call.tokenExpiry.millisecondsSince1970 - SystemClock.utc().millisecondsSince1970
        switchboard.expect(
            call.providerCallID, agent: call.agent.id,
            until: SystemClock.now().advanced(by: .milliseconds(max(0, left))))
        sweeper.expect(call.record)
    }

    func afterBridge(_ end: BridgeEnd) async -> BridgeSequel {
        if let steps = switchboard.afterBridge(end.providerCallID) { return .steps(steps) }
        guard !end.isOver, let lost = await sweeper.streamEnded(of: end.providerCallID) else { return .steps([]) }
        guard let agent = lost.agent.flatMap({ book.directory.agent($0) }) else {
            await sweeper.giveUp(lost.id)
            return .steps(Agent(id: "").apology)
        }
        let canGoOn = admission == .open && switchboard.readiness(of: agent) == .ready
        guard canGoOn, await isWorthResuming(lost.id), await sweeper.awaitResumption(of: lost.id) else {
            await sweeper.giveUp(lost.id)
            return .steps(agent.apology)
        }
        return .resume(lost, agent)
    }

    /// A call that brings down one node after another must not go through all of them.
    private func isWorthResuming(_ call: CallID) async -> Bool {
        guard let events = try? await store.events(of: .id(call)) else { return true }
        return events.count { $0.kind == .callResumed } < Self.mostResumptions
    }

    func carrierReported(_ status: CallStatus, of providerCallID: String) {
        switchboard.carrierReported(providerCallID, status)
    }

    func hangUp(_ call: CallRecord) async throws(CarrierControlError) {
        guard let name = call.providerCallID else { throw .gone }
        if switchboard.hangUp(name, .apiHangup) { return }
        guard let carrier else { throw .notConfigured }
        try await carrier.hangUp(name)
    }

    func readiness(of agent: Agent) -> AgentReadiness { switchboard.readiness(of: agent) }

    var admission: CallAdmission {
        guard switchboard.takesCalls else { return .draining }
        guard let callLimit, callLimit > 0, switchboard.liveCalls >= callLimit else { return .open }
        return .full
    }
}
