internal import CTransport
internal import Dispatch
internal import Glibc
internal import Synchronization

/// One loop: one thread that owns sockets, timers and the actors of its calls. This handle may go anywhere; what it
/// stands for is reached on the loop's thread only.
@safe
public final class SocketLoop: Sendable {
    public let index: Int
    public let executor: LoopExecutor

    // SAFETY: used on the loop's thread alone, but for `init` and the thread's own start.
    private nonisolated(unsafe) let core: LoopCore
    private let load = Atomic(0)
    private let thread = Mutex<pthread_t?>(nil)

    /// Makes a loop and starts its thread.
    public init(index: Int = 0) throws(SocketError) {
        self.index = index
        let core = try LoopCore(index: index)
        unsafe self.core = core
        executor = core.executor
    }

    public func start() {
        let start = unsafe Unmanaged.passRetained(self).toOpaque()
        thread.withLock { thread in
            guard thread == nil else { return }
            var started = pthread_t()
            // SAFETY: the new thread takes over the retain.
            let error = unsafe pthread_create(
                &started, nil,
                { pointer in
                    let loop = unsafe Unmanaged<SocketLoop>.fromOpaque(pointer!).takeRetainedValue()
                    loop.serve()
                    return nil
                }, start)
            precondition(error == 0, "no thread for a loop")
            thread = started
        }
    }

    private func serve() {
        // The object must live for as long as C calls back into it, whatever the optimizer thinks of its last use.
        unsafe withExtendedLifetime(core) { unsafe core.run() }
    }

    /// Runs `body` on the loop's thread, in the order of the calls.
    public func execute(_ body: @escaping @Sendable (LoopCore) -> Void) {
        executor.add(.call { [self] in unsafe body(core) })
    }

    /// Runs `body` on the loop and waits for its answer: for starting up, and for tests. Never from a loop, which would
    /// wait for itself.
    public func wait<R, E: Error>(_ body: @escaping (LoopCore) throws(E) -> R) throws(E) -> R {
        precondition(!executor.isCurrent, "a loop must not wait")
        let done = DispatchSemaphore(value: 0)
        // SAFETY: written before the signal, read after it.
        nonisolated(unsafe) var answer: Result<R, E>?
        nonisolated(unsafe) let body = body
        execute { core in
            unsafe answer = Result { () throws(E) in unsafe try body(core) }
            done.signal()
        }
        done.wait()
        return unsafe try answer!.get()
    }

    /// The loop's inside, for code that already runs on its thread. Traps on any other.
    public func onLoop<R>(_ body: (LoopCore) throws -> R) rethrows -> R {
        executor.checkIsolated()
        return unsafe try body(core)
    }

    /// Ends the loop: each stream still gets its `streamClosed`. Returns when the thread has ended.
    public func stop() {
        execute { core in core.stop() }
        let thread = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        if let thread { pthread_join(thread, nil) }
    }

    // MARK: how busy it is

    /// What it serves, as whoever places connections counts it.
    public var currentLoad: Int { load.load(ordering: .relaxed) }

    func changeLoad(by change: Int) {
        load.wrappingAdd(change, ordering: .relaxed)
    }
}
