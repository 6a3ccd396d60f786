internal import Timeline

/// What became of one thing that happened. What others ask at each frame is told with it: a look at a session would copy it.
struct PracticeTurn {
    let effects: [PracticeSession.Effect]
    let isCallerSpeaking: Bool
    let wakeUp: Deadline
}

/// How time goes by for a session, in any protocol.
extension PracticeDialect {
    mutating func open(at now: Instant, rejecting rejection: PracticeSession.Rejection?) -> PracticeTurn {
        agent.now = now
        open(rejecting: rejection)
        return turn()
    }

    mutating func receive(_ text: Span<UInt8>, at now: Instant) -> PracticeTurn {
        guard !agent.hasEnded else { return turn() }
        agent.totals.receivedMessages += 1
        // What was due before is done before.
        catchUp(to: now)
        take(text)
        return turn()
    }

    mutating func advance(to now: Instant) -> PracticeTurn {
        catchUp(to: now)
        return turn()
    }

    mutating func closed(code: Int, reason: String, byPeer: Bool, at now: Instant) -> PracticeTurn {
        agent.now = now
        agent.closed(code: code, reason: reason, byPeer: byPeer)
        return turn()
    }

    private mutating func turn() -> PracticeTurn {
        let effects = agent.collect()
        let wakeUp = min(next.map { Deadline.at($0) } ?? .never, agent.letterDue.map { .at($0) } ?? .never)
        return PracticeTurn(effects: effects, isCallerSpeaking: isCallerSpeaking, wakeUp: wakeUp)
    }

    private var next: Instant? {
        guard !agent.hasEnded else { return nil }
        guard let strike = agent.strikes.due, let due else { return agent.strikes.due ?? due }
        return min(strike, due)
    }

    /// Does what is due, in the order of its time; a fault before anything else.
    private mutating func catchUp(to now: Instant) {
        while let due = next, due <= now {
            agent.now = max(agent.now, due)
            if let fault = agent.strikes.take(at: due) { strike(fault) } else { act() }
        }
        agent.now = max(agent.now, now)
    }
}
