internal import CTransport
internal import Glibc
internal import Synchronization

/// Runs jobs on one loop's thread, between its sockets' callbacks. An actor that takes it as its executor lives on that
/// loop; a task that prefers it resumes there without a hop.
///
/// A job queued from the loop's own thread takes no lock and wakes nobody: the queue is drained before the loop blocks.
/// A job from elsewhere wakes the loop once, however many follow it. The queues hold at most what tasks are alive: the
/// runtime leaves an executor no way to refuse.
@safe
public final class LoopExecutor: SerialExecutor, TaskExecutor, @unchecked Sendable {
    // Why @unchecked: `own` is touched on the loop's thread alone; all else is atomic or locked.

    enum Work {
        case job(UnownedJob)
        case call(@Sendable () -> Void)
    }

    /// What only the loop's thread touches.
    private struct Own: ~Copyable {
        var local: [Work] = []
        var batch: [Work] = []
    }

    private struct Inbox {
        var waiting: [Work] = []
        var isClosed = false
    }

    /// Jobs that queue jobs may do so this many times before sockets get their turn again.
    private static let roundsPerTurn = 16

    private let loop: OpaquePointer
    private let inbox = Mutex(Inbox())
    private let inboxFilled = Atomic(false)
    private let threadNumber = Atomic<UInt>(0)
    private let own = Owned(Own())

    init(loop: OpaquePointer) {
        unsafe self.loop = loop
    }

    /// Whether the caller runs on this loop's thread.
    public var isCurrent: Bool { threadNumber.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Called once, by the loop's thread, before it serves anything.
    func claimThread() {
        threadNumber.store(UInt(pthread_self()), ordering: .relaxed)
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        add(.job(UnownedJob(job)))
    }

    /// Runs `body` on the loop's thread, in the order of the calls. False when the loop is over: it will never run.
    @discardableResult
    public func execute(_ body: @escaping @Sendable () -> Void) -> Bool {
        add(.call(body), evenAfterTheEnd: false)
    }

    /// The runtime leaves no way to refuse its jobs: those that come after the end stay where they are.
    @discardableResult
    func add(_ work: Work, evenAfterTheEnd isAlwaysKept: Bool = true) -> Bool {
        if isCurrent {
            own.value.local.append(work)
            return true
        }
        return inbox.withLock { inbox in
            guard !inbox.isClosed || isAlwaysKept else { return false }
            inbox.waiting.append(work)
            guard inbox.waiting.count == 1, !inbox.isClosed else { return true }
            inboxFilled.store(true, ordering: .releasing)
            // SAFETY: the loop is not freed before `close` has been through this lock.
            unsafe pb_loop_wake(loop)
            return true
        }
    }

    /// The loop's end: nobody wakes it any more. What is queued from now on stays where it is.
    func close() {
        inbox.withLock { $0.isClosed = true }
    }

    /// Runs what is queued, on the loop's thread. Returns whether something is still left.
    func drain() -> Bool {
        for _ in 0..<Self.roundsPerTurn {
            if inboxFilled.exchange(false, ordering: .acquiring) {
                inbox.withLock { inbox in
                    own.value.local.append(contentsOf: inbox.waiting)
                    inbox.waiting.removeAll(keepingCapacity: inbox.waiting.count <= 4_096)
                }
            }
            guard !own.value.local.isEmpty else { return false }
            // A job may queue more, so what runs must not be what grows.
            swap(&own.value.local, &own.value.batch)
            for place in own.value.batch.indices { run(own.value.batch[place]) }
            own.value.batch.removeAll(keepingCapacity: true)
        }
        return !own.value.local.isEmpty || inboxFilled.load(ordering: .acquiring)
    }

    private func run(_ work: Work) {
        switch work {
        case .job(let job):
            unsafe job.runSynchronously(
                isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        case .call(let body):
            body()
        }
    }

    public func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }
    public func asUnownedTaskExecutor() -> UnownedTaskExecutor { unsafe UnownedTaskExecutor(ordinary: self) }

    public func isIsolatingCurrentContext() -> Bool? { isCurrent }
    public func checkIsolated() {
        precondition(isCurrent, "this belongs to a loop, and was called from another thread")
    }
}
