internal import CallCore
internal import CallRuntime
internal import FrontDoor
internal import HTTPLoop
internal import SocketLoop
internal import Timeline

/// The switchboard as the front door knows it: the same that the program has there, under a world's clocks. Streams come
/// another way, since there is no socket.
struct NodeDoor: CallHost {
    let switchboard: Switchboard
    let sweeper: Sweeper
    let directory: AgentDirectory
    let gate: AdmissionGate
    let now: @Sendable () -> Instant
    let utc: @Sendable () -> UTCTime

    func takeStream(_ upgrade: StreamUpgrade, on loop: LoopCore) throws(Problem) -> any WebSocketHandler {
        throw Problem(500, code: "simulation.no_socket", "A world has no sockets.")
    }

    func expect(_ call: ExpectedCall) {
        let left = call.tokenExpiry.millisecondsSince1970 - utc().millisecondsSince1970
        switchboard.expect(
            call.providerCallID, agent: call.agent.id, until: now().advanced(by: .milliseconds(max(0, left))))
        sweeper.expect(call.record, as: call.providerCallID)
    }

    func afterBridge(_ end: BridgeEnd) async -> BridgeSequel {
        if switchboard.isHandedOver(end.providerCallID) { return .elsewhere }
        if let steps = switchboard.afterBridge(end.providerCallID) { return .steps(steps) }
        guard !end.isOver else { return .steps([]) }
        return await sweeper.sequel(of: end.providerCallID, in: directory) { agent in
            admission == .open && switchboard.readiness(of: agent) == .ready
        }
    }

    func carrierOpened(_ record: CallRecord) {
        sweeper.expect(record.id, as: record.providerCallID, record.direction)
    }

    func readiness(of agent: Agent) -> AgentReadiness { switchboard.readiness(of: agent) }

    func carrierReported(_ status: CallStatus, of providerCallID: String) {
        switchboard.carrierReported(providerCallID, status)
    }

    var admission: CallAdmission {
        guard switchboard.takesCalls else { return .draining }
        return gate.isFull(with: switchboard.liveCalls) ? .full : .open
    }
}

/// The dialler as the API knows it.
struct OrderDoor: CallDialling {
    let dialler: Dialler

    var takesOrders: Bool { dialler.takesOrders }

    func wake() async { dialler.wake() }

    func settled(_ call: CallID, within limit: Duration) async { await dialler.settled(call, within: limit) }
}
