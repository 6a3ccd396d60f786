public import Timeline

/// Finds out what became of one call whose record is open though nobody has it on the line: asks the carrier, waits,
/// asks again, and ends the record when it is clear, or when it never will be.
public struct ReconcileMachine: Hashable, Sendable {
    /// Why the record is open.
    public enum Cause: Hashable, Sendable {
        /// The node that had the caller on the line is dead.
        case nodeLost
        /// The call was answered or dialled and its stream did not come; ours were told to bring one.
        case noStream(isOurs: Bool)
        /// Its node lives, and has no session of it any more.
        case noSession
    }

    /// What the carrier says when it is asked.
    public enum Answer: Hashable, Sendable {
        case status(CallStatus)
        case unknownCall
        /// Nothing that helps: no answer, or one that cannot be read.
        case silence
        /// There is nobody to ask, or no name to ask by.
        case nobodyToAsk
    }

    public enum Action: Hashable, Sendable {
        case wait
        case askCarrier
        /// End the call at the carrier; the record will say this.
        case hangUp(EndReason)
        /// The carrier's final status holds.
        case take(CallStatus)
        case finish(EndReason, SweepCause)
        /// The caller is on the line again.
        case leave
    }

    private enum State: Hashable, Sendable {
        case waiting(until: Instant)
        case asking
        /// The call lives, or may live, and its caller may come back.
        case resuming(until: Instant, isLive: Bool)
        case hangingUp(EndReason)
        case over
    }

    public let cause: Cause
    private let rules: SweepRules
    private let began: Instant
    private let staleAt: Deadline
    private var state: State
    private var pause: Duration
    private var offers = 0
    /// When the carrier began to owe us the answer that decides; nil while it owes none.
    public private(set) var unreconciledSince: Instant?

    /// - Parameters:
    ///   - after: What to wait before the first question.
    ///   - openFor: How long the record has been open without a session by now.
    ///   - unreconciledFor: How long the carrier has owed its answer to others before.
    public init(
        _ cause: Cause, _ rules: SweepRules, at now: Instant, after: Duration = .zero, openFor: Duration = .zero,
        unreconciledFor: Duration = .zero
    ) {
        self.cause = cause
        self.rules = rules
        began = now
        staleAt = rules.stale == .zero ? .never : .at(now.advanced(by: rules.stale - openFor))
        state = .waiting(until: now.advanced(by: after))
        pause = rules.firstPause
        unreconciledSince = cause == .nodeLost ? now.advanced(by: .zero - unreconciledFor) : nil
    }

    public var isOver: Bool { state == .over }

    public var isUnreconciled: Bool { unreconciledSince != nil && !isOver }

    /// When it has to be looked at next; never while an answer is waited for.
    public var deadline: Deadline {
        switch state {
        case .waiting(let until), .resuming(let until, _): .at(until)
        case .asking, .hangingUp, .over: .never
        }
    }

    /// - Parameter hasSession: The caller is on the line.
    public mutating func deadlineReached(hasSession: Bool, at now: Instant) -> Action {
        guard deadline.isReached(at: now) else { return .wait }
        guard !hasSession else { return end(.leave) }
        switch state {
        case .waiting:
            state = .asking
            return .askCarrier
        case .resuming(_, isLive: true):
            return hangUp(.nodeLost)
        case .resuming(_, isLive: false):
            return end(.finish(.nodeLost, .notResumed))
        case .asking, .hangingUp, .over:
            return .wait
        }
    }

    /// Ask soon: the carrier is back, or somebody wants to know now. What a caller has to come back is not cut short.
    public mutating func hurry(at now: Instant) {
        if case .waiting(let until) = state, now < until { state = .waiting(until: now) }
        pause = rules.firstPause
    }

    /// - Parameter hasSession: The caller is on the line by now.
    public mutating func answered(_ answer: Answer, hasSession: Bool = false, at now: Instant) -> Action {
        guard case .asking = state else { return .wait }
        guard !hasSession else { return end(.leave) }
        switch answer {
        case .status(let status): return status.isFinal ? end(.take(status)) : lives(at: now)
        case .unknownCall: return unknown(at: now)
        case .silence: return silent(at: now)
        case .nobodyToAsk: return nobody(at: now)
        }
    }

    /// The caller is told to come back, on a new stream. False when it is too late for that, or was told too often.
    public mutating func resumptionOffered(until: Instant) -> Bool {
        guard cause == .nodeLost, offers < rules.resumptionOffers else { return false }
        switch state {
        case .waiting, .asking, .resuming: break
        case .hangingUp, .over: return false
        }
        offers += 1
        // Who asks what follows is at the carrier, and lives.
        state = .resuming(until: until, isLive: true)
        return true
    }

    /// What became of the order to hang up.
    public mutating func hungUp(_ obeyed: Bool, at now: Instant) -> Action {
        guard case .hangingUp(let reason) = state else { return .wait }
        guard !obeyed else { return end(.finish(reason, cause == .nodeLost ? .notResumed : .noSession)) }
        return silent(at: now)
    }

    private mutating func lives(at now: Instant) -> Action {
        switch cause {
        case .nodeLost:
            let until = began.advanced(by: rules.resumption)
            guard now < until else { return hangUp(.nodeLost) }
            state = .resuming(until: until, isLive: true)
            return .wait
        case .noStream:
            unreconciledSince = nil
            return rest(at: now)
        case .noSession:
            unreconciledSince = nil
            return staleAt.isReached(at: now) ? hangUp(.stale) : rest(at: now)
        }
    }

    private mutating func unknown(at now: Instant) -> Action {
        switch cause {
        case .nodeLost: return end(.finish(.nodeLost, .unknownToCarrier))
        case .noStream(isOurs: true): return end(.finish(.noStart, .unknownToCarrier))
        // Another account's, perhaps: it may report of it yet.
        case .noStream(isOurs: false): return untilStale(at: now)
        case .noSession: return end(.finish(.stale, .unknownToCarrier))
        }
    }

    private mutating func silent(at now: Instant) -> Action {
        let since = unreconciledSince ?? now
        unreconciledSince = since
        guard since.duration(to: now) < rules.patience else { return end(.finish(.stale, .carrierSilent)) }
        return rest(at: now, within: .at(since.advanced(by: rules.patience)))
    }

    private mutating func nobody(at now: Instant) -> Action {
        switch cause {
        case .nodeLost:
            let until = began.advanced(by: rules.resumption)
            guard now < until else { return end(.finish(.nodeLost, .notResumed)) }
            state = .resuming(until: until, isLive: false)
            return .wait
        case .noStream(isOurs: true): return end(.finish(.noStart, .noStream))
        case .noStream(isOurs: false), .noSession: return untilStale(at: now)
        }
    }

    private mutating func untilStale(at now: Instant) -> Action {
        staleAt.isReached(at: now) ? end(.finish(.stale, .noSession)) : rest(at: now, within: staleAt)
    }

    private mutating func hangUp(_ reason: EndReason) -> Action {
        state = .hangingUp(reason)
        return .hangUp(reason)
    }

    private mutating func end(_ action: Action) -> Action {
        state = .over
        return action
    }

    /// Until the next question.
    private mutating func rest(at now: Instant, within limit: Deadline = .never) -> Action {
        let next = Deadline.at(now.advanced(by: pause))
        state = .waiting(until: min(next, max(limit, .at(now))).instant ?? now)
        pause = min(pause * 2, rules.longestPause)
        return .wait
    }
}
