internal import CallCore
internal import Synchronization
internal import Telemetry
internal import Timeline

/// Answers work whose deadline has come, while the store's thread hangs on a disk or a lock.
final class DeadlineWatch: Sendable {
    private struct State {
        var watched: [any AwaitedWork] = []
        var isStopped = false
    }

    /// How late it may be.
    private static let grain = Duration.milliseconds(50)

    private let state = Mutex(State())
    private let wake: WakeSignal

    init() throws(CallStoreError) {
        guard let wake = WakeSignal() else { throw .unavailable("the system has no descriptor left for it") }
        self.wake = wake
        guard SystemThread.start(name: "store-watch", { [self] in live() }) else {
            throw .unavailable("the system has no thread left for it")
        }
    }

    func add(_ work: any AwaitedWork) {
        let wasEmpty = state.withLock { state in
            state.watched.append(work)
            return state.watched.count == 1
        }
        if wasEmpty { wake.signal() }
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        wake.signal()
    }

    private func live() {
        while true {
            let now = SystemClock.now()
            // Most has been answered by now. What is late is answered outside of the lock.
            let (late, hasMore, isStopped) = state.withLock { state in
                state.watched.removeAll { !$0.isAwaited }
                let late = state.watched.filter { $0.deadline.isReached(at: now) }
                return (late, !state.watched.isEmpty, state.isStopped)
            }
            for work in late { work.fail(.timedOut) }
            if isStopped { return }
            wake.wait(until: hasMore ? Deadline(limit: Self.grain, from: now) : .never)
        }
    }
}
