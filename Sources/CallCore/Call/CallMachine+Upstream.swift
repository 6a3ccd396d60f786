public import Timeline

// The upstream's side of a call's decisions.
extension CallMachine {
    /// The session is set up: audio may flow.
    public mutating func upstreamReady(at now: Instant) -> [CallAction] {
        switch state {
        case .bridging(var bridge):
            switch bridge.upstream {
            case .dialing:
                let dropped = bridge.standIn.dropping
                return dropped + begin(&bridge)
            case .pausing, .refused:
                return [.dropUpstream]  // Of an attempt that was given up; the late session must not leak.
            case .ready, .gone:
                return []
            }
        case .waiting, .leaving, .settling:
            return [.dropUpstream]  // The call ended while we dialled.
        case .ended:
            return []
        }
    }

    /// One of the two is ready, and there is no other any more.
    mutating func begin(_ bridge: inout Bridge) -> [CallAction] {
        let quiet: [CallAction] = bridge.tone == .sounding ? [.stopTone] : []
        bridge.tone = .over
        bridge.upstream = .ready
        bridge.standIn = .none
        state = .bridging(bridge)
        return quiet + [.openUpstream, .greet]
    }

    /// An attempt failed, or a session that was ready is over.
    public mutating func upstreamFailed(
        _ failure: AttemptFailure, at now: Instant, budget: inout RetryBudget,
        using generator: inout some RandomNumberGenerator
    ) -> [CallAction] {
        guard case .bridging(var bridge) = state else { return [] }
        switch bridge.upstream {
        case .dialing(let schedule, _):
            return [.dropUpstream] + retry(schedule, after: failure, at: now, budget: &budget, using: &generator)
        case .pausing, .refused, .gone:
            return []
        case .ready where bridge.farewell != nil:
            // It was about to go anyway: the caller hears what there is, and no apology after a goodbye.
            if let farewell = bridge.farewell { bridge.farewell = .playing(until: farewell.until) }
            bridge.upstream = .gone
            state = .bridging(bridge)
            return [.note(.upstreamLost), .dropUpstream, .watchPlayout]
        case .ready:
            // A rescue will begin here; until then the caller is told.
            return [.note(.upstreamLost)] + leave(.upstreamFailed, after: apology, at: now)
        }
    }

    private mutating func retry(
        _ schedule: RetrySchedule, after failure: AttemptFailure, at now: Instant, budget: inout RetryBudget,
        using generator: inout some RandomNumberGenerator
    ) -> [CallAction] {
        guard case .bridging(var bridge) = state else { return [] }
        var schedule = schedule
        switch schedule.attemptFailed(failure, at: now, budget: &budget, using: &generator) {
        case .retry(let instant):
            bridge.upstream = .pausing(schedule, until: instant)
            state = .bridging(bridge)
            return [.note(.upstreamRetry(attempt: schedule.attempts, after: now.duration(to: instant)))]
        case .giveUp(let why):
            return giveUp(bridge, why, at: now)
        }
    }

    /// Whoever stands in is what is left, and is not waited for with the dialling any more.
    private mutating func giveUp(
        _ bridge: Bridge, _ why: RetryDecision.GivingUp, at now: Instant
    ) -> [CallAction] {
        let note = CallAction.note(.upstreamGivenUp(why))
        var bridge = bridge
        bridge.upstream = .refused
        switch bridge.standIn {
        case .none:
            return [note] + leave(.upstreamUnavailable, after: apology, at: now)
        case .due:
            return [note] + dialStandIn(bridge, at: now)
        case .dialing, .pausing:
            state = .bridging(bridge)
            return [note]
        }
    }

    // MARK: Farewell

    /// The upstream ended the conversation in the ordinary way: what it said is still to be heard.
    ///
    /// - Parameter end: When the last word will have been heard; nil if it has been.
    public mutating func upstreamFinished(endOfPlayout end: Instant?, at now: Instant) -> [CallAction] {
        guard case .bridging(var bridge) = state else { return [] }
        switch bridge.upstream {
        case .ready:
            let notes: [CallAction] = bridge.farewell == nil ? [.note(.farewellBegan)] : []
            bridge.upstream = .gone
            state = .bridging(bridge)
            return notes + play(until: end, at: now)
        case .dialing:
            // A conversation that was never begun was refused.
            return (bridge.standIn == .none ? [] : [.dropUpstream]) + giveUp(bridge, .permanentFailure, at: now)
        case .pausing, .refused, .gone:
            return []
        }
    }

    /// The agent wants to hang up. It may say some last words before.
    public mutating func farewellAsked(at now: Instant) -> [CallAction] {
        guard case .bridging(var bridge) = state, bridge.upstream == .ready, bridge.farewell == nil else { return [] }
        bridge.farewell = .lastWords(until: now.advanced(by: rules.lastWords))
        state = .bridging(bridge)
        return [.note(.farewellBegan)]
    }

    /// A response is over. If it was the last words, they are still to be heard.
    public mutating func responseEnded(endOfPlayout end: Instant?, at now: Instant) -> [CallAction] {
        guard case .bridging(let bridge) = state, case .lastWords = bridge.farewell else { return [] }
        return play(until: end, at: now)
    }

    /// The caller has heard all that there was, by the carrier's own marks.
    public mutating func playoutEnded(at now: Instant) -> [CallAction] {
        guard case .bridging(let bridge) = state, case .playing = bridge.farewell else { return [] }
        return leave(.agentHangup, after: [], at: now)
    }

    /// The caller speaks. Who speaks does not want to hang up, as long as there is somebody to listen.
    public mutating func callerSpoke(at now: Instant) -> [CallAction] {
        guard case .bridging(var bridge) = state, bridge.farewell != nil, bridge.upstream == .ready else { return [] }
        bridge.farewell = nil
        state = .bridging(bridge)
        return [.note(.farewellCancelled)]
    }

    private mutating func play(until end: Instant?, at now: Instant) -> [CallAction] {
        guard case .bridging(var bridge) = state else { return [] }
        guard let end else { return leave(.agentHangup, after: [], at: now) }
        bridge.farewell = .playing(until: max(end, now).advanced(by: rules.farewellGrace))
        state = .bridging(bridge)
        return [.watchPlayout]
    }
}
