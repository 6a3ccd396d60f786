internal import CallCore
internal import CallRuntime
internal import FrontDoor
internal import HTTPLoop
internal import SocketLoop
internal import Telemetry
internal import Timeline

/// The switchboard as the front door knows it.
struct SwitchboardDoor: StreamTaking, CallExpecting, BridgeFollowing, CarrierListening, CallAdmitting {
    private static let mostResumptions = 3

    let switchboard: Switchboard
    let carrier: (any CarrierControl)?
    let store: any CallStoring & DialKeeping
    let node: String
    let logger: Logger
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
            call.providerCallID, agent: call.agent.id, variables: call.variables,
            until: SystemClock.now().advanced(by: .milliseconds(max(0, left))))
        sweeper.expect(call.record)
    }

    func afterBridge(_ end: BridgeEnd) async -> BridgeSequel {
        if switchboard.isHandedOver(end.providerCallID) { return .elsewhere }
        if let transfer = end.transfer { return .steps(await afterTransfer(transfer, of: end.providerCallID)) }
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

    /// Whoever could not be reached: the caller is told, and not cut off without a word.
    private func afterTransfer(_ transfer: BridgeEnd.Transfer, of name: String) async -> [CallerStep] {
        guard transfer == .notReached else { return [] }
        guard let record = try? await store.record(of: .provider(name)) else { return [] }
        let event = CallEvent(
            at: SystemClock.utc(), call: record.id, component: "carrier",
            .transferFailed(message: "Nobody answered there."))
        // The caller waits: what cannot be kept is worth less than the answer.
        _ = try? await store.keep(CallFacts(of: .id(record.id), by: "carrier", [.event(event)]))
        let apology = record.agent.flatMap { book.directory.agent($0) }?.apology ?? []
        // Not put through again: that would go round and round.
        return apology.filter { step in
            if case .transfer = step { false } else { true }
        }
    }

    func carrierReported(_ status: CallStatus, of providerCallID: String) {
        switchboard.carrierReported(providerCallID, status)
    }

    func readiness(of agent: Agent) -> AgentReadiness { switchboard.readiness(of: agent) }

    var admission: CallAdmission {
        guard switchboard.takesCalls else { return .draining }
        return gate.isFull(with: switchboard.liveCalls) ? .full : .open
    }
}
