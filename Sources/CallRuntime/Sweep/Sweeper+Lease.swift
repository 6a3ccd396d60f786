internal import CallCore
internal import Telemetry
internal import Timeline

// By what right a node answers for its calls.
extension Sweeper {
    /// Until it is cancelled. A store that was away may have cost more than one renewal, so it is asked again soon.
    public func keepLease() async {
        while (try? await services.wait(hasRenewed ? services.lease.renewal : services.lease.retry)) != nil {
            await renew()
        }
    }

    /// One at a time: whoever else asks waits for the same answer.
    func renew() async {
        if let renewal { return await renewal.value }
        let renewal = Task(name: "renew", executorPreference: services.executor) { [self] in await renewOnce() }
        self.renewal = renewal
        await renewal.value
        self.renewal = nil
    }

    private func renewOnce() async {
        guard let epoch = tenure.epoch, !isStopped else { return }
        hasRenewed = false
        do throws(CallStoreError) {
            let asked = services.now()
            guard try await !services.store.renew(epoch, at: asked) else {
                hasRenewed = true
                return tenure.hold(epoch, from: asked, under: services.lease, at: services.now())
            }
            // Given back in the meantime.
            guard !isStopped else { return }
            report(
                "node.fenced",
                "This node was stopped or stuck for longer than its lease, and another one has taken its calls over. It "
                    + "goes on under a new epoch; calls that it has on the line and does not answer for are dropped.",
                .critical)
            try await enter()
            hasRenewed = true
            _ = try await look()
        } catch {
            report("node.lease", "The lease could not be renewed. \(error.message)", .warning)
        }
    }

    func enter() async throws(CallStoreError) {
        let asked = services.now()
        let epoch = try await services.store.enter(services.node, at: asked)
        tenure.hold(epoch, from: asked, under: services.lease, at: services.now())
    }

    func leave() async {
        guard let epoch = tenure.epoch else { return }
        do throws(CallStoreError) {
            try await services.store.leave(epoch)
        } catch {
            report("node.lease", "The lease could not be given back; it runs out by itself. \(error.message)", .warning)
        }
    }

    /// Whether this node may have its calls ended at the carrier. After a sleep they may be somebody else's, who is asked
    /// for in the store; a store that is away has nobody else either.
    public func answersForCalls() async -> Bool {
        guard let epoch = tenure.epoch, !tenure.isCertain(at: services.now()) else { return true }
        await renew()
        return tenure.epoch == epoch && !isStopped
    }
}
