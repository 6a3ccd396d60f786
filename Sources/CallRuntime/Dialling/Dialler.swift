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
        var watch = DialWatch()
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
    /// Between two looks at how long the queue is, while there is always something to dial.
    private static let look = Duration.seconds(1)
    /// Calls that are being ordered at once.
    private static let atOnce = 32
    /// A pause of this length is no matter of the pace.
    private static let heldFor: Int64 = 5_000

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
            state.worker = Task(name: "dialler") { [self] in await work() }
        }
    }

    /// Takes no further orders. What is with the carrier already is finished; what waits is left to others, or to the next
    /// start.
    public func close() {
        state.withLock { state in
            state.isStopped = true
            state.sleeper?.cancel()
        }
    }

    /// Those that are being carried out.
    public var underWay: Int { state.withLock { $0.orders.count } }

    /// How the queue is. Nil for one that was told to take no more.
    public func reading(at now: Instant) -> DialWatch.Reading? {
        state.withLock { $0.isStopped ? nil : $0.watch.reading(at: now) }
    }

    /// As `close`; what is not finished by the deadline is given up, for others to look into.
    public func stop(by deadline: Deadline) async {
        close()
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
        let clock = Task(name: "dial-answer") { [self] in
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
            if isBusy { await look(isHeld: false) }
            if let pause { await rest(pause) }
        }
    }

    /// Nil: there may be more to do at once.
    private func takeNext() async -> Duration? {
        let now = services.utc()
        do throws(CallStoreError) {
            switch try await services.store.claimDial(for: services.epoch(), within: services.rules, at: now) {
            case .nothing:
                await look(isHeld: false)
                return Self.grain
            case .wait(let until):
                let left = until.millisecondsSince1970 - now.millisecondsSince1970
                await look(isHeld: left > Self.heldFor)
                return min(Self.grain, max(.milliseconds(1), .milliseconds(left)))
            case .dial(let order, let triedAt):
                take(order, triedAt: triedAt)
                let age = state.withLock { $0.watch.reading(at: services.now()).age }
                if age ?? Self.look >= Self.look { await look(isHeld: false) }
                return nil
            }
        } catch {
            state.withLock { $0.watch.failed(error, at: services.now()) }
            report(error.code, "Calls that wait to be dialled could not be looked at. \(error.message)")
            return Self.grain
        }
    }

    /// How many wait, and since when, for whoever watches.
    private func look(isHeld: Bool) async {
        do throws(CallStoreError) {
            let queue = try await services.store.dialQueue()
            waiting.set(Double(queue.waiting))
            let (now, utc) = (services.now(), services.utc())
            state.withLock { $0.watch.looked(queue, isHeld: isHeld, at: now, utc) }
        } catch {
            state.withLock { $0.watch.failed(error, at: services.now()) }
        }
    }

    private func take(_ order: DialOrder, triedAt: UTCTime?) {
        // Under the lock, so that its end finds it in the list.
        state.withLock { state in
            state.orders[order.call] = Task(name: "dial") { [self] in
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
            let sleeper = Task(name: "dialler-rest") { [services] in _ = try? await services.wait(pause) }
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
