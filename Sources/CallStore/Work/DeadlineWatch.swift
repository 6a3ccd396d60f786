internal import CallCore
internal import Synchronization
internal import Telemetry
internal import Timeline

/// Answers work whose deadline has come, while the store's thread hangs on a disk or a lock.
///
/// All deadlines are equally far away, so the first to come is the first that was added.
final class DeadlineWatch: Sendable {
    fileprivate struct State {
        var watched: [any AwaitedWork] = []
        var head = 0
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
            let wasEmpty = state.head == state.watched.count
            state.watched.append(work)
            return wasEmpty
        }
        if wasEmpty { wake.signal() }
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        wake.signal()
    }

    private func live() {
        while true {
            let (late, hasMore, isStopped) = state.withLock { $0.step(at: SystemClock.now()) }
            for work in late { work.fail(.timedOut) }
            if isStopped { return }
            wake.wait(until: hasMore ? Deadline(limit: Self.grain, from: SystemClock.now()) : .never)
        }
    }
}

extension DeadlineWatch.State {
    /// Drops what is answered from the front, and takes out what is late.
    fileprivate mutating func step(at now: Instant) -> (late: [any AwaitedWork], hasMore: Bool, isStopped: Bool) {
        var late: [any AwaitedWork] = []
        while head < watched.count {
            let work = watched[head]
            if work.isAwaited {
                guard work.deadline.isReached(at: now) else { break }
                late.append(work)
            }
            head += 1
        }
        if head == watched.count {
            watched.removeAll(keepingCapacity: watched.count <= 4_096)
            head = 0
        } else if head > watched.count / 2 {
            watched.removeFirst(head)
            head = 0
        }
        return (late, head < watched.count, isStopped)
    }
}
