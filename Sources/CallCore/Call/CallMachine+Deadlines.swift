public import Timeline

// Every wait of a call has a deadline here, and here alone.
extension CallMachine {
    /// When `deadlineReached` has to be called next.
    public var deadline: Deadline {
        switch state {
        case .waiting(let until): until
        case .bridging(let bridge): bridge.deadline
        case .leaving(let leaving): .at(leaving.until)
        case .settling(let settling): settling.deadline
        case .ended: .never
        }
    }

    /// - Parameter lastFrame: When the carrier's last media frame came.
    public mutating func deadlineReached(
        lastFrame: Instant?, at now: Instant, budget: inout RetryBudget,
        using generator: inout some RandomNumberGenerator
    ) -> [CallAction] {
        switch state {
        case .waiting(let until):
            guard until.isReached(at: now) else { return [] }
            return [.decide(.noStart)] + closeCarrier(.noStart, code: 1008, "no start message came", at: now)
        case .bridging:
            return bridgeDeadline(lastFrame: lastFrame, at: now, budget: &budget, using: &generator)
        case .leaving(let leaving):
            guard leaving.until <= now else { return [] }
            switch leaving.step {
            case .ordered: return closeCarrier(leaving.reason, code: 1000, "", at: now)
            case .closed: return [.note(.carrierLingers), .killCarrier] + finish(leaving.reason)
            }
        case .settling(let settling):
            guard settling.until > now else {
                return [.note(.carrierUnheard)] + finish(CarrierReport.reason(seen: settling.seen))
            }
            return ask(at: now)
        case .ended:
            return []
        }
    }

    private mutating func bridgeDeadline(
        lastFrame: Instant?, at now: Instant, budget: inout RetryBudget,
        using generator: inout some RandomNumberGenerator
    ) -> [CallAction] {
        guard case .bridging(var bridge) = state else { return [] }
        if bridge.endsBy.isReached(at: now) { return leave(.maxDuration, after: [], at: now) }
        if bridge.lookAtFrames.isReached(at: now) {
            let next = nextLook(after: lastFrame)
            guard let next, !next.isReached(at: now) else { return leave(.silence, after: [], at: now) }
            bridge.lookAtFrames = next
            state = .bridging(bridge)
        }
        if let farewell = bridge.farewell, farewell.until <= now {
            return [.note(.farewellOverdue)] + leave(.agentHangup, after: [], at: now)
        }
        var actions: [CallAction] = []
        if case .due(let instant) = bridge.tone, instant.isReached(at: now) {
            bridge.tone = .sounding
            state = .bridging(bridge)
            actions = [.startTone]
        }
        actions += upstreamDeadline(at: now, budget: &budget, using: &generator)
        // Where both fall silent they draw from one budget.
        return actions + standInDeadline(at: now, budget: &budget, using: &generator)
    }

    private mutating func upstreamDeadline(
        at now: Instant, budget: inout RetryBudget, using generator: inout some RandomNumberGenerator
    ) -> [CallAction] {
        guard case .bridging(var bridge) = state else { return [] }
        switch bridge.upstream {
        case .dialing(_, let until) where until.isReached(at: now):
            // As refused.
            return [.note(.upstreamSilent)]
                + upstreamFailed(.transient(retryAfter: nil), at: now, budget: &budget, using: &generator)
        case .pausing(let schedule, let until) where until <= now:
            let limit = schedule.deadline.capped(to: rules.upstreamAttempt, from: now)
            bridge.upstream = .dialing(schedule, until: limit)
            state = .bridging(bridge)
            return [.dialUpstream(attempt: schedule.attempts)]
        case .dialing, .pausing, .refused, .ready, .gone:
            return []
        }
    }

    /// Nil when there never was a frame and there should have been.
    private func nextLook(after lastFrame: Instant?) -> Deadline? {
        lastFrame.map { Deadline(limit: rules.frameless, from: $0) }
    }

    /// The next question to the carrier, if its time has come.
    mutating func ask(at now: Instant) -> [CallAction] {
        guard case .settling(var settling) = state, !settling.isAsking, let wait = settling.questions.first,
            settling.began.advanced(by: wait) <= now
        else { return [] }
        settling.questions = settling.questions.dropFirst()
        settling.isAsking = true
        state = .settling(settling)
        return [.askCarrier]
    }
}

extension CallMachine.Farewell {
    var until: Instant {
        switch self {
        case .lastWords(let until), .playing(let until): until
        }
    }
}

extension CallMachine.Bridge {
    var deadline: Deadline {
        var nearest = min(endsBy, lookAtFrames)
        if case .due(let instant) = tone { nearest = min(nearest, instant) }
        if let farewell { nearest = min(nearest, .at(farewell.until)) }
        nearest = min(nearest, standIn.deadline)
        switch upstream {
        case .dialing(_, let until): return min(nearest, until)
        case .pausing(_, let until): return min(nearest, .at(until))
        case .refused, .ready, .gone: return nearest
        }
    }
}

extension CallMachine.Settling {
    var deadline: Deadline {
        guard !isAsking, let wait = questions.first else { return .at(until) }
        return min(.at(until), .at(began.advanced(by: wait)))
    }
}
