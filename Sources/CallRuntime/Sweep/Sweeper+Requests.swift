public import CallCore
internal import Timeline

// What others ask of the sweep.
extension Sweeper {
    /// The carrier asks what follows the stream of a call that is not on the line here. When its node is gone the caller
    /// is told so, whom nobody can find again: the record is closed. Returns that record.
    public func streamEnded(of name: String) async -> CallRecord? {
        guard let record = await record(of: .provider(name)), record.streamID != nil,
            !record.status.isFinal, record.decidedEnd == nil, !sessions.contains(name)
        else { return nil }
        // Its node may have died a moment ago.
        if cases[record.id] == nil { await lookOrTell() }
        guard cases[record.id]?.machine.cause == .nodeLost else { return nil }
        await close(record.id, .finish(.nodeLost), .notResumed)
        return record
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
