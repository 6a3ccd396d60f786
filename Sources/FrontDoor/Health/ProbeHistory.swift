public import Timeline

/// What probes of one dependency came to. A state changes only when so many probes in a row agree; the first one decides
/// alone.
public struct ProbeHistory: Hashable, Sendable {
    private let needed: Int
    private var status = ComponentHealth.Status.unknown
    /// Probes in a row that speak against `status`.
    private var against = 0
    private var latency: Duration?
    private var lastSuccess: UTCTime?
    private var lastFailure: ProbeFailure?
    private var lastProbe: Instant?

    /// - Parameter needed: How many probes in a row change the state, at least one.
    public init(needed: Int) {
        self.needed = max(1, needed)
    }

    public mutating func succeeded(after latency: Duration, at now: Instant, utc: UTCTime) {
        self.latency = latency
        lastSuccess = utc
        lastProbe = now
        note(.ok)
    }

    /// - Parameter failure: Shown to whoever may see the health.
    public mutating func failed(_ failure: ProbeFailure, at now: Instant) {
        lastFailure = failure
        lastProbe = now
        note(.failing)
    }

    private mutating func note(_ seen: ComponentHealth.Status) {
        guard status != seen else {
            against = 0
            return
        }
        against += 1
        guard status == .unknown || against >= needed else { return }
        status = seen
        against = 0
    }

    public func health(at now: Instant, breaker: ComponentHealth.Breaker? = nil) -> ComponentHealth {
        ComponentHealth(
            status, latency: latency, lastSuccess: lastSuccess, lastError: lastFailure?.message,
            lastErrorCode: lastFailure?.code, breaker: breaker, age: lastProbe.map { $0.duration(to: now) })
    }
}
