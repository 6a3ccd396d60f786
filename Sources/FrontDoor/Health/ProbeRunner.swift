internal import Synchronization
public import Telemetry
internal import Timeline

/// Runs every probe in its own rhythm, away from the loops. Owns their tasks: all have ended, or were given up, when `stop`
/// returns.
///
/// A probe has a deadline that always comes, and is never begun twice at once. The endpoints read what the last round
/// came to.
public final class ProbeRunner: Sendable {
    public static let usualLimit = Duration.seconds(5)
    /// Probes begin this far after one another, so that they do not all fall due together.
    private static let stagger = Duration.milliseconds(100)

    private struct State {
        var probes: [HealthProbe] = []
        var tasks: [Task<Void, Never>] = []
        var isStopped = false
    }

    private let health: HealthRegistry
    private let metrics: MetricsRegistry
    private let every: Duration
    private let failures: Int
    let clock: ProbeClock
    private let executor: (any TaskExecutor)?
    private let changed: @Sendable (HealthChange) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - every: From one round of a probe to its next; zero runs none.
    ///   - failures: So many in a row change a state.
    ///   - executor: Where the probes run; nil for the global pool.
    ///   - changed: Told when a dependency fails, and when it is well again.
    public init(
        _ health: HealthRegistry, metrics: MetricsRegistry, every: Duration, failures: Int,
        clock: ProbeClock = .system, on executor: (any TaskExecutor)? = nil,
        changed: @escaping @Sendable (HealthChange) -> Void = { _ in }
    ) {
        self.health = health
        self.metrics = metrics
        self.every = every
        self.failures = failures
        self.clock = clock
        self.executor = executor
        self.changed = changed
    }

    /// Begins to look after a dependency. Its first round comes within a moment, and until then its state is unknown.
    ///
    /// - Parameters:
    ///   - limit: For one check; one that takes longer has failed.
    ///   - breaker: Of those who use the dependency; the probe goes past it.
    ///   - check: Throws what is wrong. It should heed its cancellation, and may not block a thread of the pool.
    @discardableResult
    public func add(
        _ name: String, isCritical: Bool, isNeededToServe: Bool = false, limit: Duration = ProbeRunner.usualLimit,
        breaker: (@Sendable () -> ComponentHealth.Breaker)? = nil, check: @escaping HealthProbe.Check
    ) -> HealthProbe {
        let probe = HealthProbe(name, failures: failures, limit: limit, clock: clock, on: executor, check: check)
        addRow(name, isCritical: isCritical, isNeededToServe: isNeededToServe, breaker: breaker) {
            probe.health(at: $0)
        }
        let rounds = Dictionary(
            HealthProbe.Outcome.allCases.map { ($0, metrics.counter(.probeRounds, name, $0.rawValue)) },
            uniquingKeysWith: { first, _ in first })
        state.withLock { state in
            guard !state.isStopped, every > .zero else { return }
            let first = clock.now().advanced(by: min(every, Self.stagger * state.probes.count))
            state.probes.append(probe)
            state.tasks.append(
                Task(executorPreference: executor) {
                    await self.run(probe, isCritical, from: first, counting: rounds)
                })
        }
        return probe
    }

    func addRow(
        _ name: String, isCritical: Bool, isNeededToServe: Bool = false,
        breaker: (@Sendable () -> ComponentHealth.Breaker)?, read: @escaping HealthRegistry.Read
    ) {
        health.add(name, isCritical: isCritical, isNeededToServe: isNeededToServe) { now in
            var health = read(now)
            health.breaker = breaker?()
            return health
        }
        if let breaker { metrics.gauge(.breakerState, name) { breaker().asMetric } }
    }

    /// Ends the rounds. Returns how many checks that were given up before still run.
    @discardableResult
    public func stop() async -> Int {
        let (tasks, probes) = state.withLock { state in
            state.isStopped = true
            defer { state.tasks = [] }
            return (state.tasks, state.probes)
        }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        return probes.count(where: \.isLeftBehind)
    }

    private func run(
        _ probe: HealthProbe, _ isCritical: Bool, from first: Instant, counting rounds: [HealthProbe.Outcome: Counter]
    ) async {
        var due = first
        var last = ComponentHealth.Status.unknown
        while true {
            do { try await clock.sleep(due) } catch { return }
            rounds[await probe.round()]?.increment()
            let health = probe.health(at: clock.now())
            // That it is well at first is as it should be.
            if health.status != last, (last, health.status) != (.unknown, .ok) {
                changed(HealthChange(name: probe.name, isCritical: isCritical, health: health))
            }
            last = health.status
            // Rounds that were missed are not made up for.
            due = clock.now().advanced(by: every)
        }
    }
}

extension ComponentHealth.Breaker {
    fileprivate var asMetric: Double {
        switch self {
        case .closed: 0
        case .halfOpen: 1
        case .open: 2
        }
    }
}

/// A dependency fails, or is well again.
public struct HealthChange: Hashable, Sendable {
    public let name: String
    public let isCritical: Bool
    public let health: ComponentHealth
}
