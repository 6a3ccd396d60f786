public import Timeline

/// When a node still answers for its calls.
public struct LeaseRules: Hashable, Sendable {
    /// What a node's lock says of it, as seen by another process on the same host.
    public enum Lock: Hashable, Sendable {
        /// Some process has it. It may be stopped or stuck all the same.
        case held
        /// Its process has ended.
        case free
        /// There is none to look at.
        case missing
    }

    /// Counted from the moment at which it was asked for.
    public var length: Duration
    public var renewal: Duration
    /// After a renewal that failed.
    public var retry: Duration
    /// A node judges others by their leases once it has had its own for so long. A store that was away held all of them up
    /// alike, and whoever comes first when it is back must not take the others for dead.
    public var steadiness: Duration
    /// Whoever had no renewal for longer was held up itself, though its lease may hold.
    public var gap: Duration

    public init(
        length: Duration = .seconds(30), renewal: Duration = .seconds(10), retry: Duration = .seconds(1),
        steadiness: Duration = .seconds(20), gap: Duration = .seconds(15)
    ) {
        self.length = length
        self.renewal = renewal
        self.retry = retry
        self.steadiness = steadiness
        self.gap = gap
    }

    /// A free lock ends a lease at once; a lock that is held does not prolong one.
    ///
    /// - Parameters:
    ///   - until: When the lease runs out by the host's clock; nil when that clock began anew since, with the host.
    ///   - isSteady: Whether who judges has had its own lease for long enough.
    public func isAlive(until: Instant?, lock: Lock, judgedSteadily isSteady: Bool, at now: Instant) -> Bool {
        guard let until, lock != .free else { return false }
        return now < until || !isSteady
    }
}
