internal import Synchronization
internal import Timeline

/// A dependency that cannot be asked how it is, and is seen only when it does its work for a call. Its row says so.
public final class SeenAtWork: Sendable {
    private struct Sight {
        let at: Instant
        let utc: UTCTime
        let latency: Duration
    }

    private let why: String
    private let clock: ProbeClock
    private let last = Mutex<Sight?>(nil)

    init(why: String, clock: ProbeClock) {
        self.why = why
        self.clock = clock
    }

    /// It has just done real work.
    public func succeeded(after latency: Duration) {
        let sight = Sight(at: clock.now(), utc: clock.utc(), latency: latency)
        last.withLock { $0 = sight }
    }

    /// Well as long as it would spare a probe; before and after that nobody knows.
    func health(at now: Instant) -> ComponentHealth {
        let last = last.withLock { $0 }
        let age = last.map { $0.at.duration(to: now) }
        let isFresh = age.map { $0 < HealthProbe.sparedFor } ?? false
        return ComponentHealth(
            isFresh ? .ok : .unknown, latency: last?.latency, lastSuccess: last?.utc, lastError: why,
            lastErrorCode: "probe.impossible", age: age)
    }
}

extension ProbeRunner {
    /// Adds the row of a dependency that cannot be asked.
    ///
    /// - Parameter why: In words, and what would change it.
    public func addUnasked(
        _ name: String, why: String, breaker: @escaping @Sendable () -> ComponentHealth.Breaker
    ) -> SeenAtWork {
        let seen = SeenAtWork(why: why, clock: clock)
        addRow(name, isCritical: false, breaker: breaker) { seen.health(at: $0) }
        return seen
    }
}
