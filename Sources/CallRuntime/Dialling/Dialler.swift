public import CallCore
internal import Telemetry
public import Timeline

/// Dials the calls that wait in the store, each by one node and once: at the pace of the account, at its time, and where
/// the carrier's answer was lost only after a look at what it has.
public actor Dialler {
    /// Between two looks at the store, for what others have ordered.
    private static let grain = Duration.seconds(2)
    /// Calls that are being ordered at once.
    private static let atOnce = 32

    nonisolated let services: DialServices
    private let waiting: Gauge
    private var worker: Task<Void, Never>?
    private var orders: [CallID: Task<Void, Never>] = [:]
    private var sleeper: Task<Void, Never>?
    private var isWoken = false
    private var isStopped = false
    private var listeners: [CallID: [Int: CheckedContinuation<Void, Never>]] = [:]
    private var listenerCount = 0

    public init(_ services: DialServices) {
        self.services = services
        waiting = services.registry.gauge(.dialsWaiting)
    }

    // MARK: its life

    public func start() {
        guard worker == nil, !isStopped else { return }
        worker = Task(name: "dialler") { [self] in await work() }
    }

    /// Takes no further orders; what is with the carrier already is finished, as far as the deadline allows. What waits is
    /// left to others, or to the next start.
    public func stop(by deadline: Deadline) async {
        isStopped = true
        sleeper?.cancel()
        while !orders.isEmpty, !deadline.isReached(at: services.now()) {
            guard (try? await services.wait(.milliseconds(5))) != nil else { break }
        }
        worker?.cancel()
        for order in orders.values { order.cancel() }
    }

    /// Something was ordered.
    public func wake() {
        isWoken = true
        sleeper?.cancel()
    }

    /// Until the carrier has taken the call, or it is clear that it does not, or the time is over.
    public func settled(_ call: CallID, within limit: Duration) async {
        listenerCount += 1
        let listener = listenerCount
        let clock = Task(name: "dial-answer") { [self] in
            try? await services.wait(limit)
            tell(call, listener)
        }
        await withCheckedContinuation { listeners[call, default: [:]][listener] = $0 }
        clock.cancel()
    }

    private func tell(_ call: CallID, _ listener: Int) {
        listeners[call]?.removeValue(forKey: listener)?.resume()
        if listeners[call]?.isEmpty == true { listeners[call] = nil }
    }

    private func tellAll(_ call: CallID) {
        for listener in listeners.removeValue(forKey: call)?.values ?? [:].values { listener.resume() }
    }

    // MARK: taking orders

    private func work() async {
        while !isStopped, !Task.isCancelled {
            isWoken = false
            let pause = orders.count < Self.atOnce ? await takeNext() : Self.grain
            if let pause { await rest(pause) }
        }
    }

    /// Nil: there may be more to do at once.
    private func takeNext() async -> Duration? {
        let now = services.utc()
        do throws(CallStoreError) {
            let claim = try await services.store.claimDial(for: services.epoch(), within: services.rules, at: now)
            waiting.set(Double(claim.waiting))
            switch claim.next {
            case .nothing: return Self.grain
            case .wait(let until):
                let left = Duration.milliseconds(until.millisecondsSince1970 - now.millisecondsSince1970)
                return min(Self.grain, max(.milliseconds(1), left))
            case .dial(let order, let triedAt):
                orders[order.call] = Task(name: "dial") { [self] in
                    await carryOut(order, triedAt: triedAt)
                    finished(order.call)
                }
                return nil
            }
        } catch {
            report(error.code, "Calls that wait to be dialled could not be looked at. \(error.message)")
            return Self.grain
        }
    }

    private func finished(_ call: CallID) {
        orders[call] = nil
        tellAll(call)
        wake()
    }

    private func rest(_ pause: Duration) async {
        guard !isWoken, !isStopped else { return }
        let sleeper = Task(name: "dialler-rest") { [services] in _ = try? await services.wait(pause) }
        self.sleeper = sleeper
        await sleeper.value
        self.sleeper = nil
    }

    nonisolated func report(
        _ code: String, _ message: String, _ severity: ErrorSeverity = .warning, call: CallID? = nil
    ) {
        services.errors.report(
            ErrorReport(
                code: code, component: "dialling", severity: severity, message: message,
                context: ErrorContext(call: call?.description)))
    }
}
