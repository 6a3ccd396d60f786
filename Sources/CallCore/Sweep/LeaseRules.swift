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

    public init(length: Duration = .seconds(30), renewal: Duration = .seconds(10)) {
        self.length = length
        self.renewal = renewal
    }

    /// A free lock ends a lease at once; a lock that is held does not prolong one.
    ///
    /// - Parameters:
    ///   - until: When the lease runs out by the host's clock; nil when that clock began anew since, with the host.
    public func isAlive(until: Instant?, lock: Lock, at now: Instant) -> Bool {
        guard let until, lock != .free else { return false }
        return now < until
    }
}
