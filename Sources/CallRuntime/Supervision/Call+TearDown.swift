internal import CallCore
internal import Telemetry
internal import Timeline

// A call that did not end by itself is ended from the side of its loop.
extension Call {
    /// What the supervisor has to do in a call's place once it is torn down.
    struct Remains: Sendable {
        /// All that was to be kept, with its final status as the last word; nil for a call that never had a record.
        let facts: CallFacts?
        /// The call that nobody else would end at the carrier, by the carrier's name of it.
        let hangUp: String?
    }

    /// The supervisor's command: look at the clock.
    nonisolated func command() {
        line.vitals.commanded()
        tell { call in
            call.timeCame(call.line.loop.now)
            call.line.vitals.obeyed()
        }
    }

    /// Ends the call unless it has helped itself by now.
    ///
    /// - Parameter done: Told on the loop's thread, once, and only if the call was ended here.
    nonisolated func tearDown(after grace: Duration, _ done: @escaping @Sendable (Remains) -> Void) {
        aside { [self] in
            assumeIsolated { call in
                guard let remains = call.tearDown(after: grace) else { return }
                done(remains)
            }
        }
    }

    /// On the loop's thread nothing else of this call runs meanwhile, and a call is over once: so either it writes its
    /// final status itself, or the supervisor does.
    private func tearDown(after grace: Duration) -> Remains? {
        let vitals = line.vitals.reading
        guard SupervisorMachine.isOverdue(vitals.deadline, by: grace, at: line.loop.now) else { return nil }
        let wasTalking = machine.isTalking
        guard let reason = machine.tornDown() else { return nil }
        complain(vitals)
        let name = record?.providerCallID
        // The carrier may ask what follows the stream.
        if wasTalking, let name { _ = desk.prepare(name, machine.apology, at: line.loop.now) }
        let facts = lastFacts(reason)
        tellEnd(reason)
        line.carrier?.kill()
        line.upstream?.kill()
        letGo()
        return Remains(
            facts: facts, hangUp: wasTalking && machine.rules.canOrder && !machine.rules.ownsCall ? name : nil)
    }

    private func complain(_ vitals: CallVitals.Reading) {
        let now = line.loop.now
        func age(_ instant: Instant?) -> LogValue {
            instant.map { .duration($0.duration(to: now)) } ?? .string("never")
        }
        logger.error(
            "supervisor.torn_down", "A call did not end when it had to, so its sockets are closed.",
            [
                "phase": .string("\(vitals.phase)"), "overdue": age(vitals.deadline.instant),
                "last_frame": age(vitals.lastFrame), "last_upstream": age(vitals.lastUpstream),
                "answers": .bool(vitals.answered), "outbox": .integer(vitals.outbox),
            ])
        report(
            "supervisor.torn_down",
            "A call \(vitals.answered ? "did not end at its deadline" : "stopped answering") and was closed by the "
                + "supervisor. That is a fault of the bridge: please report it with the log of this call.",
            component: "supervisor", severity: .critical)
        services.metrics.tornDown.increment()
    }

    /// What waits in the outbox may be on its way to the store already: changes may be told twice, all else may not.
    private func lastFacts(_ reason: EndReason) -> CallFacts? {
        guard let record else { return nil }
        let waiting = outbox.steps.filter { step in
            guard case .change = step else { return keeping == nil }
            return true
        }
        let failure =
            reason == .stale
            ? CallRecord.Failure(
                code: "supervisor.torn_down", message: "The call stopped answering and was closed by the supervisor.")
            : nil
        var facts = CallFacts(
            of: .id(record.id), by: "supervisor", orOpen: unopened,
            waiting + [.change(lastChange(reason, failure))])
        facts.providerCallID = record.providerCallID
        return facts
    }
}
