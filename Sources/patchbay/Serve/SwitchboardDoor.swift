internal import CallCore
internal import CallRuntime
internal import FrontDoor
internal import HTTPLoop
internal import SocketLoop
internal import Telemetry
internal import Timeline

/// The switchboard as the front door knows it.
struct SwitchboardDoor: StreamTaking, CallExpecting, BridgeFollowing, CarrierListening, CallCommanding, CallAdmitting {
    let switchboard: Switchboard
    let carrier: (any CarrierControl)?
    let sweeper: Sweeper
    let book: AgentBook
    let gate: AdmissionGate

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

    func afterBridge(_ end: BridgeEnd) async -> [CallerStep] {
        if let steps = switchboard.afterBridge(end.providerCallID) { return steps }
        guard let lost = await sweeper.streamEnded(of: end.providerCallID) else { return [] }
        return lost.agent.flatMap { book.directory.agent($0) }?.apology ?? []
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

    var admission: CallAdmission {
        guard switchboard.takesCalls else { return .draining }
        return gate.isFull(with: switchboard.liveCalls) ? .full : .open
    }
}
