public import CallCore
internal import Telemetry
internal import Timeline

// What others ask of the sweep.
extension Sweeper {
    /// The carrier asks what follows the stream of a call that is not on the line here. When its node is gone the call is
    /// this one's to end or to go on with: returns its record then.
    func streamEnded(of name: String) async -> CallRecord? {
        guard let record = await record(of: .provider(name)), record.streamID != nil,
            !record.status.isFinal, record.decidedEnd == nil, !sessions.contains(name)
        else { return nil }
        // Its node may have died a moment ago.
        if cases[record.id]?.machine.cause != .nodeLost { await lookTogether() }
        // Or another one has claimed it, and the carrier asks here.
        guard let epoch = tenure.epoch, await isTaken(record.id, for: epoch) else { return nil }
        if cases[record.id]?.machine.cause != .nodeLost {
            cases[record.id] = Case(
                record: record, machine: ReconcileMachine(.nodeLost, services.rules, at: services.now()))
        }
        return record
    }

    private func isTaken(_ call: CallID, for epoch: NodeEpoch) async -> Bool {
        do throws(CallStoreError) {
            return try await services.store.take(call, for: epoch)
        } catch {
            report(error.code, "A call could not be taken over. \(error.message)", .warning, call: call)
            return false
        }
    }

    /// When a node dies, the carrier asks about all its calls at once: they share a look.
    private func lookTogether() async {
        if let sharedLook { return await sharedLook.value }
        let look = Task(name: "look", executorPreference: services.executor) { [self] in await lookOrTell() }
        sharedLook = look
        await look.value
        sharedLook = nil
    }

    /// Whether another node lives, who could go on with what this one leaves.
    public func hasHeirs() async -> Bool {
        guard let epoch = tenure.epoch else { return false }
        do throws(CallStoreError) {
            return try await services.store.hasOthers(than: epoch, at: services.now())
        } catch {
            report(error.code, "Other nodes could not be looked for. \(error.message)", .warning)
            return false
        }
    }

    /// The caller of a lost call is told to come back on a new stream. False when it is too late for that.
    func awaitResumption(of call: CallID) -> Bool {
        let until = services.now().advanced(by: services.rules.resumedStream)
        return cases[call]?.machine.resumptionOffered(until: until) ?? false
    }

    /// Nobody goes on with a lost call: its caller is told so, and cannot be found again.
    func giveUp(_ call: CallID) async {
        guard cases[call] != nil else { return }
        await close(call, .finish(.nodeLost), .notResumed)
    }

    public func sweepNow() async throws(CallStoreError) -> SweepReport {
        reporters += 1
        let first = closed.count
        defer {
            reporters -= 1
            if reporters == 0 { closed = [] }
        }
        var report = try await look()
        let now = services.now()
        for id in cases.keys where cases[id]?.machine.isUnreconciled == true { cases[id]?.machine.hurry(at: now) }
        let limit = Deadline.at(now.advanced(by: services.rules.resumption + Self.answerGrace))
        repeat {
            takeUpWhatIsDue()
            let isBusy = cases.values.contains { $0.work != nil || $0.machine.deadline < limit }
            guard isBusy, !limit.isReached(at: services.now()) else { break }
        } while (try? await services.wait(.milliseconds(20))) != nil
        report.closed = Array(closed[first...])
        report.unreconciled = cases.values.count { $0.machine.isUnreconciled }
        report.waiting = cases.count - report.unreconciled
        return report
    }
}
