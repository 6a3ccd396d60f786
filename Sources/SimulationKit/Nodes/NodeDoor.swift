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
        if let steps = switchboard.afterBridge(end.providerCallID) { return .steps(steps) }
        guard !end.isOver else { return .steps([]) }
        return await sweeper.sequel(of: end.providerCallID, in: directory) { agent in
            admission == .open && switchboard.readiness(of: agent) == .ready
        }
    }

    func readiness(of agent: Agent) -> AgentReadiness { switchboard.readiness(of: agent) }

    func carrierReported(_ status: CallStatus, of providerCallID: String) {
        switchboard.carrierReported(providerCallID, status)
    }

    var admission: CallAdmission { switchboard.takesCalls ? .open : .draining }
}
