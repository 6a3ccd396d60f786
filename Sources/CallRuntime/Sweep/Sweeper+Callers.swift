public import CallCore
internal import Telemetry

extension Sweeper {
    /// The carrier asks what follows a bridge that nobody here has: the call's node died.
    ///
    /// - Parameter canTake: Whether this node could go on with a call of that agent.
    public func sequel(
        of name: String, in directory: AgentDirectory, canTake: @Sendable (Agent) -> Bool
    ) async -> BridgeSequel {
        guard let lost = await streamEnded(of: name) else { return .steps([]) }
        guard let agent = lost.agent.flatMap({ directory.agent($0) }) else {
            await giveUp(lost.id)
            return .steps(Agent(id: "").apology)
        }
        guard canTake(agent), await isWorthResuming(lost.id), awaitResumption(of: lost.id) else {
            await giveUp(lost.id)
            return .steps(agent.apology)
        }
        return .resume(lost, agent)
    }

    /// A call that brings down one node after another must not go through all of them.
    private func isWorthResuming(_ call: CallID) async -> Bool {
        do throws(CallStoreError) {
            let events = try await services.store.events(of: .id(call)) ?? []
            return events.count { $0.kind == .callResumed } < services.rules.resumptionOffers
        } catch {
            report(
                "sweep.unread", "How often the call was resumed is not known. \(error.message)", .warning, call: call)
            return true
        }
    }
}
