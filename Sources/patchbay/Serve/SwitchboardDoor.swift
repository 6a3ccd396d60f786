internal import CallCore
internal import CallRuntime
internal import FrontDoor
internal import HTTPLoop
internal import SocketLoop
internal import Telemetry
internal import Timeline

/// The switchboard as the front door knows it.
struct SwitchboardDoor: StreamTaking, CallExpecting, BridgeFollowing, CarrierListening, CallAdmitting {
    let switchboard: Switchboard
    let carrier: (any CarrierControl)?
    let store: any CallStoring & DialKeeping
    let node: String
    let logger: Logger
    let sweeper: Sweeper
    let book: AgentBook
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
            call.providerCallID, agent: call.agent.id, variables: call.variables,
            until: SystemClock.now().advanced(by: .milliseconds(max(0, left))))
        sweeper.expect(call.record)
    }

    func afterBridge(_ end: BridgeEnd) async -> [CallerStep] {
        if let transfer = end.transfer { return await afterTransfer(transfer, of: end.providerCallID) }
        if let steps = switchboard.afterBridge(end.providerCallID) { return steps }
        guard let lost = await sweeper.streamEnded(of: end.providerCallID) else { return [] }
        return lost.agent.flatMap { book.directory.agent($0) }?.apology ?? []
    }

    /// Whoever could not be reached: the caller is told, and not cut off without a word.
    private func afterTransfer(_ transfer: BridgeEnd.Transfer, of name: String) async -> [CallerStep] {
        guard transfer == .notReached else { return [] }
        guard let record = try? await store.record(of: .provider(name)) else { return [] }
        let event = CallEvent(
            at: SystemClock.utc(), call: record.id, component: "carrier",
            .transferFailed(message: "Nobody answered there."))
        // The caller waits: what cannot be kept is worth less than the answer.
        _ = try? await store.keep(CallFacts(of: .id(record.id), by: "carrier", [.event(event)]))
        return record.agent.flatMap { book.directory.agent($0) }?.apology ?? []
    }

    func carrierReported(_ status: CallStatus, of providerCallID: String) {
        switchboard.carrierReported(providerCallID, status)
    }

    var admission: CallAdmission {
        guard switchboard.takesCalls else { return .draining }
        guard let callLimit, callLimit > 0, switchboard.liveCalls >= callLimit else { return .open }
        return .full
    }
}
