/// Runs jobs on the thread that turns the world, and of those that are ready the one that the seed picks.
///
/// Why @unchecked: a world is turned by one thread, and nothing else enters it.
final class SeededExecutor: SerialExecutor, TaskExecutor, @unchecked Sendable {
    private var ready: [UnownedJob] = []

    /// Its process is stopped: what is ready stays so.
    var isHeld = false

    var isIdle: Bool { ready.isEmpty }
    var count: Int { ready.count }
    /// Jobs that may run now.
    var runnable: Int { isHeld ? 0 : ready.count }

    func enqueue(_ job: consuming ExecutorJob) { ready.append(UnownedJob(job)) }

    func runOne(_ draw: (Int) -> Int) {
        guard !ready.isEmpty else { return }
        run(at: ready.count == 1 ? 0 : draw(ready.count))
    }

    func run(at place: Int) {
        let job = ready.remove(at: place)
        // SAFETY: each job was handed over once, and is run once; this executor outlives it.
        unsafe job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
    }

    // SAFETY: the world owns this executor and every call that lives on it.
    func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }
    func asUnownedTaskExecutor() -> UnownedTaskExecutor { unsafe UnownedTaskExecutor(ordinary: self) }

    func isIsolatingCurrentContext() -> Bool? { true }
    func checkIsolated() {}
}
