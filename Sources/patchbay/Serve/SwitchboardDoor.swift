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
    let errors: ErrorSink
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
        sweeper.expect(call.record, as: call.providerCallID)
    }

    func afterBridge(_ end: BridgeEnd) async -> BridgeSequel {
        if switchboard.isHandedOver(end.providerCallID) { return .elsewhere }
        if let transfer = end.transfer { return .steps(await afterTransfer(transfer, of: end.providerCallID)) }
        if let steps = switchboard.afterBridge(end.providerCallID) { return .steps(steps) }
        guard !end.isOver else { return .steps([]) }
        return await sweeper.sequel(of: end.providerCallID, in: book.directory) { agent in
            admission == .open && switchboard.readiness(of: agent) == .ready
        }
    }

    /// Whoever could not be reached: the caller is told, and not cut off without a word.
    private func afterTransfer(_ transfer: BridgeEnd.Transfer, of name: String) async -> [CallerStep] {
        guard transfer == .notReached else { return [] }
        var agent = Agent(id: "")
        do throws(CallStoreError) {
            guard let record = try await store.record(of: .provider(name)) else { return [] }
            agent = record.agent.flatMap { book.directory.agent($0) } ?? agent
            let event = CallEvent(
                at: SystemClock.utc(), call: record.id, component: "carrier",
                .transferFailed(message: "Nobody answered there."))
            _ = try await store.keep(CallFacts(of: .id(record.id), by: "carrier", [.event(event)]))
        } catch {
            // The caller waits: what cannot be kept is worth less than the answer.
            errors.report(
                ErrorReport(
                    code: error.code, component: "api", message: "A failed transfer was not kept. \(error.message)",
                    context: ErrorContext(call: name)))
        }
        // Not put through again: that would go round and round.
        return agent.apology.filter { step in
            if case .transfer = step { false } else { true }
        }
    }

    func carrierReported(_ status: CallStatus, of providerCallID: String) {
        switchboard.carrierReported(providerCallID, status)
    }

    func carrierOpened(_ record: CallRecord) {
        sweeper.expect(record.id, as: record.providerCallID, record.direction)
    }

    func readiness(of agent: Agent) -> AgentReadiness { switchboard.readiness(of: agent) }

    var admission: CallAdmission {
        guard switchboard.takesCalls else { return .draining }
        return gate.isFull(with: switchboard.liveCalls) ? .full : .open
    }
}
