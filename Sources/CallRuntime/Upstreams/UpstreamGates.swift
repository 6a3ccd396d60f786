public import CallCore
internal import Synchronization
public import Timeline

/// What all calls together do to an upstream: a breaker that spares one that is down, and a budget of retries.
public final class UpstreamGates: Sendable {
    private struct Gate {
        var breaker = CircuitBreaker()
        var budget = RetryBudget()
    }

    private let gates: Mutex<[UpstreamVendor: Gate]>
    private let watchers = Mutex<[UpstreamVendor: @Sendable (Duration) -> Void]>([:])

    public init(_ vendors: [UpstreamVendor]) {
        gates = Mutex(Dictionary(uniqueKeysWithValues: vendors.map { ($0, Gate()) }))
    }

    /// Nil when nobody may dial now.
    func admit(_ vendor: UpstreamVendor, at now: Instant) -> CircuitBreaker.Permit? {
        gates.withLock { gates in
            guard case .admitted(let permit) = gates[vendor, default: Gate()].breaker.admit(at: now) else { return nil }
            return permit
        }
    }

    func callStarted(_ vendor: UpstreamVendor) {
        gates.withLock { $0[vendor, default: Gate()].budget.callStarted() }
    }

    func succeeded(_ vendor: UpstreamVendor, _ permit: CircuitBreaker.Permit) {
        gates.withLock { $0[vendor, default: Gate()].breaker.succeeded(permit) }
    }

    func failed(_ vendor: UpstreamVendor, _ permit: CircuitBreaker.Permit, at now: Instant) {
        gates.withLock { $0[vendor, default: Gate()].breaker.failed(permit, at: now) }
    }

    func abandoned(_ vendor: UpstreamVendor, _ permit: CircuitBreaker.Permit) {
        gates.withLock { $0[vendor, default: Gate()].breaker.abandoned(permit) }
    }

    /// As it stands; what is taken of it is told by `tookRetry`.
    func budget(of vendor: UpstreamVendor) -> RetryBudget {
        gates.withLock { $0[vendor, default: Gate()].budget }
    }

    func tookRetry(_ vendor: UpstreamVendor) {
        gates.withLock { _ = $0[vendor, default: Gate()].budget.takeRetry() }
    }

    /// `seen` is told of each session of this vendor's that a call got, and how long it took. It may not wait.
    public func watch(_ vendor: UpstreamVendor, _ seen: @escaping @Sendable (_ took: Duration) -> Void) {
        watchers.withLock { $0[vendor] = seen }
    }

    func wasReady(_ vendor: UpstreamVendor, after took: Duration) {
        watchers.withLock { $0[vendor] }?(took)
    }

    /// 0 closed, 1 half open, 2 open, for the metric.
    public func condition(of vendor: UpstreamVendor, at now: Instant) -> CircuitBreaker.Condition {
        gates.withLock { $0[vendor, default: Gate()].breaker.condition(at: now) }
    }
}
