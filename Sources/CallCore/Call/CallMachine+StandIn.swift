public import Timeline

// The agent that stands in while the first cannot be had: dialled beside it, and the first that is ready wins.
extension CallMachine {
    mutating func dialStandIn(_ bridge: Bridge, at now: Instant) -> [CallAction] {
        var bridge = bridge
        bridge.standIn = .dialing(
            RetrySchedule(rules.upstreamRetries, from: now), until: Deadline(limit: rules.upstreamAttempt, from: now))
        state = .bridging(bridge)
        return [.dialStandIn(attempt: 1)]
    }

    /// Its session is set up: the caller has waited long enough.
    public mutating func standInReady(at now: Instant) -> [CallAction] {
        switch state {
        case .bridging(var bridge):
            guard case .dialing = bridge.standIn else { return [.dropStandIn] }  // It comes too late.
            return [.switchToStandIn] + begin(&bridge)
        case .waiting, .leaving, .settling:
            return [.dropStandIn]
        case .ended:
            return []
        }
    }

    /// An attempt to reach it failed.
    public mutating func standInFailed(
        _ failure: AttemptFailure, at now: Instant, budget: inout RetryBudget,
        using generator: inout some RandomNumberGenerator
    ) -> [CallAction] {
        guard case .bridging(var bridge) = state, case .dialing(var schedule, _) = bridge.standIn else { return [] }
        switch schedule.attemptFailed(failure, at: now, budget: &budget, using: &generator) {
        case .retry(let instant):
            bridge.standIn = .pausing(schedule, until: instant)
            state = .bridging(bridge)
            let note = CallNote.standInRetry(attempt: schedule.attempts, after: now.duration(to: instant))
            return [.dropStandIn, .note(note)]
        case .giveUp(let why):
            bridge.standIn = .none
            state = .bridging(bridge)
            let actions: [CallAction] = [.dropStandIn, .note(.standInGivenUp(why))]
            return bridge.upstream == .refused
                ? actions + leave(.upstreamUnavailable, after: apology, at: now) : actions
        }
    }

    mutating func standInDeadline(
        at now: Instant, budget: inout RetryBudget, using generator: inout some RandomNumberGenerator
    ) -> [CallAction] {
        guard case .bridging(var bridge) = state else { return [] }
        switch bridge.standIn {
        case .due(let until) where until.isReached(at: now):
            return dialStandIn(bridge, at: now)
        case .dialing(_, let until) where until.isReached(at: now):
            return [.note(.standInSilent)]
                + standInFailed(.transient(retryAfter: nil), at: now, budget: &budget, using: &generator)
        case .pausing(let schedule, let until) where until <= now:
            bridge.standIn = .dialing(schedule, until: schedule.deadline.capped(to: rules.upstreamAttempt, from: now))
            state = .bridging(bridge)
            return [.dialStandIn(attempt: schedule.attempts)]
        case .none, .due, .dialing, .pausing:
            return []
        }
    }
}

extension CallMachine.StandIn {
    /// What lets go of it.
    var dropping: [CallAction] {
        switch self {
        case .none, .due: []
        case .dialing, .pausing: [.dropStandIn]
        }
    }

    var deadline: Deadline {
        switch self {
        case .none: .never
        case .due(let until), .dialing(_, let until): until
        case .pausing(_, let until): .at(until)
        }
    }
}
