public import CallCore
internal import Synchronization
public import Telemetry
public import Timeline

/// The work that a node does beside its calls: started in order, ended in reverse, and begun again when it ends though
/// nobody asked it to. What ends too often is given up, and with it the node.
public final class Workers: Sendable {
    public typealias Body = @Sendable () async -> Void

    private struct Worker {
        let name: String
        let task: Task<Void, Never>
        var hasEnded = false
    }

    private struct State {
        var workers: [Worker] = []
        var budget: RestartBudget
        var isStopped = false
        var hasGivenUp = false
    }

    private static let look = Duration.milliseconds(5)

    private let errors: ErrorSink
    private let restarts: Counter
    private let now: @Sendable () -> Instant
    private let wait: @Sendable (Duration) async throws -> Void
    private let executor: (any TaskExecutor)?
    private let gaveUp: @Sendable (_ worker: String) -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - budget: All of them together are begun again so often.
    ///   - executor: Where they run; nil for the global pool.
    ///   - gaveUp: Told once, of the first that ended more often than that.
    public init(
        _ budget: RestartBudget = RestartBudget(), errors: ErrorSink, registry: MetricsRegistry,
        now: @escaping @Sendable () -> Instant = { SystemClock.now() },
        wait: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        on executor: (any TaskExecutor)? = nil, gaveUp: @escaping @Sendable (_ worker: String) -> Void
    ) {
        self.errors = errors
        restarts = registry.counter(.workerRestarts)
        self.now = now
        self.wait = wait
        self.executor = executor
        self.gaveUp = gaveUp
        state = Mutex(State(budget: budget))
    }

    /// Begins a work that ends when its task is cancelled, and never by itself.
    public func start(_ name: String, _ body: @escaping Body) {
        state.withLock { state in
            guard !state.isStopped else { return }
            let place = state.workers.count
            let task = Task(name: name, executorPreference: executor) { [self] in
                repeat { await body() } while mayGoOn(name)
                self.state.withLock { $0.workers[place].hasEnded = true }
            }
            state.workers.append(Worker(name: name, task: task))
        }
    }

    /// Ends all of them, the last that was started first, each before the next is told. Returns those that did not end
    /// by the deadline; nobody waits for them any more.
    public func stop(by deadline: Deadline) async -> [String] {
        let workers = state.withLock { state in
            state.isStopped = true
            return state.workers
        }
        for place in workers.indices.reversed() {
            workers[place].task.cancel()
            while !hasEnded(place), !deadline.isReached(at: now()) {
                guard (try? await wait(Self.look)) != nil else { break }
            }
        }
        return workers.indices.filter { !hasEnded($0) }.map { workers[$0].name }
    }

    private func hasEnded(_ place: Int) -> Bool { state.withLock { $0.workers[place].hasEnded } }

    private func mayGoOn(_ name: String) -> Bool {
        let now = now()
        let (goesOn, isLast) = state.withLock { state in
            guard !state.isStopped, !Task.isCancelled else { return (false, false) }
            let goesOn = state.budget.take(at: now)
            defer { state.hasGivenUp = state.hasGivenUp || !goesOn }
            return (goesOn, !goesOn && !state.hasGivenUp)
        }
        if goesOn {
            restarts.increment()
            errors.report(
                ErrorReport(
                    code: "worker.restarted", component: "node",
                    message: "The node's work '\(name)' ended by itself and was begun again: a fault of the bridge."))
        }
        if isLast {
            errors.report(
                ErrorReport(
                    code: "worker.given_up", component: "node", severity: .critical,
                    message: "The node's work '\(name)' ends again and again, so the node ends."))
            gaveUp(name)
        }
        return goesOn
    }
}
