public import Timeline

/// How often and how late one operation may be tried again.
public struct RetryRules: Hashable, Sendable {
    public var attempts: Int
    public var firstDelay: Duration
    public var longestDelay: Duration
    /// From the first attempt's start to the last retry's; zero is no limit.
    public var budget: Duration

    /// - Precondition: none; fewer than one attempt counts as one, a negative delay as none.
    public init(
        attempts: Int = 3,
        firstDelay: Duration = .milliseconds(250),
        longestDelay: Duration = .seconds(4),
        budget: Duration
    ) {
        self.attempts = max(1, attempts)
        self.firstDelay = max(.zero, firstDelay)
        self.longestDelay = max(.zero, longestDelay)
        self.budget = budget
    }

    /// The longest wait before retry number `retry`, counted from 0: `firstDelay`, doubled each time, up to the longest.
    public func delayCeiling(beforeRetry retry: Int) -> Duration {
        guard firstDelay > .zero else { return .zero }
        var ceiling = firstDelay
        var doublings = 0
        while doublings < retry, ceiling < longestDelay {
            ceiling *= 2
            doublings += 1
        }
        return min(ceiling, longestDelay)
    }
}

/// How an attempt failed, as the one who made it judges.
public enum AttemptFailure: Hashable, Sendable {
    /// The next attempt would fail in the same way: a wrong key, a malformed request.
    case permanent
    /// May pass; `retryAfter` is what the other side asked for, if it did.
    case transient(retryAfter: Duration?)
}

public enum RetryDecision: Hashable, Sendable {
    public enum GivingUp: Hashable, Sendable {
        case permanentFailure
        case attemptsUsed
        /// No retry would begin inside the time budget, or not after the wait that the other side asked for.
        case timeUsed
        /// Too many of the recent calls to this dependency were retries.
        case retriesUsed
    }

    case retry(at: Instant)
    case giveUp(GivingUp)
}

/// The attempts of one operation: says after each failure when to try again, or that it is over.
public struct RetrySchedule: Hashable, Sendable {
    public let rules: RetryRules
    public let deadline: Deadline
    /// Attempts begun, the first included.
    public private(set) var attempts = 1

    /// The first attempt begins at `start`; `limit` is the deadline of whatever this operation is part of.
    public init(_ rules: RetryRules, from start: Instant, within limit: Deadline = .never) {
        self.rules = rules
        deadline = limit.capped(to: rules.budget, from: start)
    }

    /// Full jitter over the ceiling, after the wait that the other side asked for, always before the deadline.
    public mutating func attemptFailed(
        _ failure: AttemptFailure,
        at now: Instant,
        budget: inout RetryBudget,
        using generator: inout some RandomNumberGenerator
    ) -> RetryDecision {
        guard case .transient(let retryAfter) = failure else { return .giveUp(.permanentFailure) }
        guard attempts < rules.attempts else { return .giveUp(.attemptsUsed) }
        let floor = max(.zero, retryAfter ?? .zero).wholeNanoseconds
        var ceiling = rules.delayCeiling(beforeRetry: attempts - 1).wholeNanoseconds
        if let remaining = deadline.remaining(at: now)?.wholeNanoseconds {
            guard floor < remaining else { return .giveUp(.timeUsed) }
            ceiling = min(ceiling, remaining - floor - 1)
        }
        guard budget.takeRetry() else { return .giveUp(.retriesUsed) }
        attempts += 1
        let jitter = Int64.random(in: 0...ceiling, using: &generator)
        return .retry(at: now.advanced(byNanoseconds: floor).advanced(byNanoseconds: jitter))
    }
}
