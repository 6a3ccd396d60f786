public import CallCore
internal import Synchronization
internal import Telemetry
public import Timeline

/// Dials the calls that wait in the store, each by one node and once: at the pace of the account, at its time, and where
/// the carrier's answer was lost only after a look at what it has.
///
/// No actor: as one it crashed inside the runtime (Swift 6.3.1 on Linux, in the actor's out-of-line job) as soon as a request
/// ordered a call while the worker rested. Why was not found; the same with a lock does not.
public final class Dialler: Sendable {
    private struct State {
        var isStopped = false
        var isWoken = false
        var worker: Task<Void, Never>?
        var sleeper: Task<Void, Never>?
        /// Those that are being carried out.
        var orders: [CallID: Task<Void, Never>] = [:]
        /// Who waits for what becomes of an order.
        var listeners: [CallID: [CheckedContinuation<Void, Never>]] = [:]
    }

    /// Between two looks at the store, for what others have ordered.
    private static let grain = Duration.seconds(2)
    /// Calls that are being ordered at once.
    private static let atOnce = 32

    let services: DialServices
    private let waiting: Gauge
    private let state = Mutex(State())

    public init(_ services: DialServices) {
        self.services = services
        waiting = services.registry.gauge(.dialsWaiting)
    }

    // MARK: its life

    public func start() {
        state.withLock { state in
            guard state.worker == nil, !state.isStopped else { return }
            state.worker = Task(name: "dialler", executorPreference: services.executor) { [self] in await work() }
        }
    }

    /// Takes no further orders; what is with the carrier already is finished, as far as the deadline allows. What waits is
    /// left to others, or to the next start.
    public func stop(by deadline: Deadline) async {
        state.withLock { state in
            state.isStopped = true
            state.sleeper?.cancel()
        }
        while !state.withLock({ $0.orders.isEmpty }), !deadline.isReached(at: services.now()) {
            guard (try? await services.wait(.milliseconds(5))) != nil else { break }
        }
        let left = state.withLock { state in Array(state.orders.values) + (state.worker.map { [$0] } ?? []) }
        for task in left { task.cancel() }
    }

    /// Not so once it was stopped.
    public var takesOrders: Bool { state.withLock { !$0.isStopped } }

    /// Something was ordered.
    public func wake() {
        state.withLock { state in
            state.isWoken = true
            state.sleeper?.cancel()
        }
    }

    /// Until the carrier has taken the call, or it is clear that it does not, or the time is over.
    public func settled(_ call: CallID, within limit: Duration) async {
        let clock = Task(name: "dial-answer", executorPreference: services.executor) { [self] in
            _ = try? await services.wait(limit)
            tell(call)
        }
        await withCheckedContinuation { continuation in
            state.withLock { $0.listeners[call, default: []].append(continuation) }
        }
        clock.cancel()
    }

    private func tell(_ call: CallID) {
        for listener in state.withLock({ $0.listeners.removeValue(forKey: call) ?? [] }) { listener.resume() }
    }

    // MARK: taking orders

    private var mayGoOn: Bool { state.withLock { !$0.isStopped } && !Task.isCancelled }

    private func work() async {
        while mayGoOn {
            let isBusy = state.withLock { state in
                state.isWoken = false
                return state.orders.count >= Self.atOnce
            }
            let pause = isBusy ? Self.grain : await takeNext()
            if let pause { await rest(pause) }
        }
    }

    /// Nil: there may be more to do at once.
    private func takeNext() async -> Duration? {
        let now = services.utc()
        guard let claim = await claim(at: now) else { return Self.grain }
        waiting.set(Double(claim.waiting))
        switch claim.next {
        case .nothing: return Self.grain
        case .wait(let until):
            let left = Duration.milliseconds(until.millisecondsSince1970 - now.millisecondsSince1970)
            return min(Self.grain, max(.milliseconds(1), left))
        case .dial(let order, let triedAt):
            take(order, triedAt: triedAt)
            return nil
        }
    }

    /// Nil: the store cannot say.
    private func claim(at now: UTCTime) async -> DialClaim? {
        do throws(CallStoreError) {
            let held = state.withLock { Set($0.orders.keys) }
            return try await services.store.claimDial(
                for: services.epoch(), holding: held, within: services.rules, at: now)
        } catch {
            report(error.code, "Calls that wait to be dialled could not be looked at. \(error.message)")
            return nil
        }
    }

    private func take(_ order: DialOrder, triedAt: UTCTime?) {
        // Under the lock, so that its end finds it in the list.
        state.withLock { state in
            state.orders[order.call] = Task(name: "dial", executorPreference: services.executor) { [self] in
                await carryOut(order, triedAt: triedAt)
                finished(order.call)
            }
        }
    }

    private func finished(_ call: CallID) {
        state.withLock { _ = $0.orders.removeValue(forKey: call) }
        tell(call)
        wake()
    }

    /// Until something was ordered, or the time is over.
    private func rest(_ pause: Duration) async {
        let sleeper = state.withLock { state -> Task<Void, Never>? in
            guard !state.isWoken, !state.isStopped else { return nil }
            let sleeper = Task(name: "dialler-rest", executorPreference: services.executor) { [services] in
                _ = try? await services.wait(pause)
            }
            state.sleeper = sleeper
            return sleeper
        }
        await sleeper?.value
        state.withLock { $0.sleeper = nil }
    }

    func report(_ code: String, _ message: String, _ severity: ErrorSeverity = .warning, call: CallID? = nil) {
        services.errors.report(
            ErrorReport(
                code: code, component: "dialling", severity: severity, message: message,
                context: ErrorContext(call: call?.description)))
    }
}
