internal import CallCore
internal import Telemetry
internal import Timeline

// What is done about one record, until it has to wait or is closed.
extension Sweeper {
    func proceed(_ id: CallID, _ first: ReconcileMachine.Action) async {
        var action = first
        while let one = cases[id] {
            switch action {
            case .wait:
                if one.machine.isUnreconciled, one.record.unreconciledSince == nil {
                    await note(id, isUnreconciled: true)
                }
                return
            case .leave:
                cases[id] = nil
                return await note(id, isUnreconciled: false)
            case .askCarrier:
                guard let answer = await ask(id, one.record) else {
                    cases[id] = nil
                    return
                }
                // It may have taken its time, and the caller may be back.
                let hasSession = one.record.providerCallID.map(sessions.contains) ?? false
                action = cases[id]?.machine.answered(answer, hasSession: hasSession, at: services.now()) ?? .wait
            case .hangUp(let reason):
                let obeyed = await hangUp(id, one.record, reason)
                action = cases[id]?.machine.hungUp(obeyed, at: services.now()) ?? .wait
            case .take(let status):
                return await close(id, .carrier(status), .carrierFinal)
            case .finish(let reason, let cause):
                return await close(id, .finish(reason), cause)
            }
        }
    }

    /// Nil when the record is closed by now, or the work is given up.
    private func ask(_ id: CallID, _ record: CallRecord) async -> ReconcileMachine.Answer? {
        await awaitTurn()
        if let fresh = await self.record(of: .id(id)) {
            guard !fresh.status.isFinal else { return nil }
            cases[id]?.record = fresh
        }
        guard !Task.isCancelled else { return nil }
        guard let carrier = services.carrier, let name = record.providerCallID else { return .nobodyToAsk }
        do throws(CarrierControlError) {
            let view = try await carrier.look(name)
            carrierSpoke()
            cases[id]?.view = view
            guard let view else { return .unknownCall }
            return view.status.map { .status($0) } ?? .silence
        } catch {
            switch error {
            case .notConfigured: return .nobodyToAsk
            case .gone: return .unknownCall
            case .unavailable, .resting, .credentials, .refused:
                isCarrierSilent = true
                return .silence
            }
        }
    }

    /// After a silence everybody who waits asks again.
    private func carrierSpoke() {
        guard isCarrierSilent else { return }
        isCarrierSilent = false
        let now = services.now()
        for id in cases.keys where cases[id]?.machine.isUnreconciled == true { cases[id]?.machine.hurry(at: now) }
    }

    private func hangUp(_ id: CallID, _ record: CallRecord, _ reason: EndReason) async -> Bool {
        guard let carrier = services.carrier, let name = record.providerCallID else { return true }
        // The carrier's own report of the end must not be taken for the caller's.
        guard await keep(id, CallChange(at: services.utc(), .decide(reason))) != nil else { return false }
        await awaitTurn()
        do throws(CarrierControlError) {
            try await carrier.hangUp(name)
            return true
        } catch {
            guard error != .gone else { return true }
            isCarrierSilent = true
            return false
        }
    }

    /// Writes the end. Whatever comes of it, the case is closed: what could not be written is found again by the next look.
    func close(_ id: CallID, _ status: CallChange.Status, _ cause: SweepCause) async {
        var change = CallChange(at: services.utc(), status)
        if let view = cases[id]?.view {
            change.carrier = view.carrier
            change.at = view.endedAt.map { min($0, change.at) } ?? change.at
        }
        if case .finish(let reason) = status { change.failure = failure(for: reason, cause) }
        let kept = await keep(id, change)
        cases[id] = nil
        guard case .kept(let record, _, let outcome) = kept else { return }
        for case .finished(let reason) in outcome.effects {
            closed(record, reason, cause)
            let event = CallEvent(at: services.utc(), call: id, component: "sweep", .swept(reason, cause))
            _ = await keep(CallFacts(of: .id(id), by: "sweep", [.event(event)]))
        }
    }

    private func failure(for reason: EndReason, _ cause: SweepCause) -> CallRecord.Failure? {
        guard reason.status == .failed else { return nil }
        return CallRecord.Failure(code: "sweep.\(cause.rawValue)", message: "The record was closed: \(cause.words).")
    }

    func note(_ id: CallID, isUnreconciled: Bool) async {
        var change = CallChange(at: services.utc())
        change.isUnreconciled = isUnreconciled
        if case .kept(let record, _, _) = await keep(id, change) { cases[id]?.record = record }
    }

    private func keep(_ id: CallID, _ change: CallChange) async -> CallKept? {
        await keep(CallFacts(of: .id(id), by: "sweep", [.change(change)]))
    }

    /// Nil when it could not be kept, or is another node's to tell; the case is closed then.
    private func keep(_ facts: CallFacts) async -> CallKept? {
        var facts = facts
        facts.owner = tenure.epoch
        // By the time the store is back another node may have the caller on the line; the next look finds it again.
        facts.isForNow = true
        do throws(CallStoreError) {
            return try await services.store.keep(facts)
        } catch {
            guard case .id(let id) = facts.call else { return nil }
            cases[id] = nil
            if error != .fenced { report(error.code, "An open record could not be closed. \(error.message)", call: id) }
            return nil
        }
    }
}
