internal import CallCore
internal import Telemetry
internal import Timeline

// What is kept of a call. Nothing here is waited for by the call itself.
extension Call {
    /// An ending that could not be kept is tried again so often, with so much time in between.
    private static let keepingPauses: [Duration] = [.milliseconds(200), .seconds(1), .seconds(5), .seconds(30)]
    /// A caller whom the store does not know of is taken for lost by others once it is back.
    private static let openingPause = Duration.seconds(1)
    private static let component = "call"

    func note(_ happening: CallHappening, by component: String = Call.component) {
        guard let record else { return }
        keep(.event(CallEvent(at: services.utc(), call: record.id, component: component, happening)))
    }

    func change(_ status: CallChange.Status? = nil, _ fill: (inout CallChange) -> Void = { _ in }) {
        var change = CallChange(at: services.utc(), status)
        fill(&change)
        keep(.change(change))
    }

    func keep(_ step: CallFacts.Step) {
        guard !isHandedOver else { return }
        guard record != nil else { return }  // A socket that never said which call it is leaves no record.
        outbox.add(step)
        guard keeping == nil else { return }
        keeping = task { [self] in await keepAll() }
    }

    /// Keeps all that waits as one step, until nothing is left. One task at a time for a call, so that everything keeps
    /// its order. What cannot be kept waits for what comes next, and with the last word for the store.
    private func keepAll() async {
        var pauses = Self.keepingPauses[...]
        while let facts = factsToKeep() {
            let count = facts.steps.count
            do throws(CallStoreError) {
                took(try await services.store.keep(facts))
                outbox.removeFirst(count)
            } catch {
                storeFailed("keep what happened", error)
                // Whoever tears a call down tells its end: nobody waits for ever then either.
                let isLast = outbox.holdsEnding || machine.isOver
                let next = unopened == nil ? nil : Self.openingPause
                guard let pause = isLast ? pauses.popFirst() : next else { break }
                // Waits for the store, not for the call: nobody else waits for this.
                await wait(pause)
            }
        }
        keeping = nil
    }

    // What is called between two waits is not inlined: its copies of a record would lie in the frame of the task that
    // waits, ten kilobytes for each call that the store lets wait.
    @inline(never)
    private func factsToKeep() -> CallFacts? {
        guard let record, !outbox.isEmpty else { return nil }
        var facts = CallFacts(of: .id(record.id), by: Self.component, orOpen: unopened, outbox.steps)
        facts.providerCallID = record.providerCallID
        return facts
    }

    @inline(never)
    private func took(_ kept: CallKept) {
        switch kept {
        case .kept(let known, _, _), .repeated(let known):
            // It may have been known already, by another id.
            if known.id != record?.id { logger = logger.with(["call": .string(known.id.description)]) }
            record = known
            unopened = nil
        case .unknownCall: storeFailed("find the record", .unavailable("it is gone"))
        case .later: break
        }
    }

    /// By the clock of the loop, like every other wait of a call.
    func wait(_ pause: Duration) async {
        await withCheckedContinuation { continuation in
            line.loop.timer { _ in continuation.resume() }
                .set(.at(line.loop.now.advanced(by: pause)))
        }
    }

    @inline(never)
    private func storeFailed(_ what: String, _ error: CallStoreError) {
        report(error.code, "The store could not \(what). \(error.message)", component: "store")
    }

    func report(_ code: String, _ message: String, component: String, severity: ErrorSeverity = .error) {
        services.errors.report(
            ErrorReport(
                code: code, component: component, severity: severity, message: message,
                context: ErrorContext(call: record?.id.description, agent: agent?.id, number: record?.from)))
    }
}
