internal import CallCore
internal import Synchronization
internal import Telemetry
internal import Timeline

/// A thread that owns a connection and does the work that waits for it, in its order.
final class StoreThread: Sendable {
    /// Does work; gives back what is to be tried again.
    typealias Serve = (_ work: [any StoreWork]) -> [any StoreWork]

    private struct State {
        var waiting: [any StoreWork] = []
        var isStopped = false
        var hasEnded = false
    }

    /// What waits beyond it is refused.
    private let capacity: Int
    /// So much is handed to `Serve` at once.
    private let batch: Int
    private let state = Mutex(State())
    private let wake: WakeSignal
    private let ended: WakeSignal

    /// After work that is to be tried again, before it is.
    private static let rest = Duration.milliseconds(20)

    /// - Parameter make: Runs first thing on the thread; what it makes stays there.
    init(
        name: String, capacity: Int, batch: Int, make: @escaping @Sendable () -> Serve
    ) throws(CallStoreError) {
        guard let wake = WakeSignal(), let ended = WakeSignal() else { throw Self.noRoom }
        self.capacity = capacity
        self.batch = batch
        self.wake = wake
        self.ended = ended
        let isStarted = SystemThread.start(name: name) { [self] in
            live(make())
            // By now the connection is closed, and with the last one the log has gone into the database.
            state.withLock { $0.hasEnded = true }
            self.ended.signal()
        }
        guard isStarted else { throw Self.noRoom }
    }

    private static let noRoom = CallStoreError.unavailable("the system has no thread or descriptor left for it")

    func add(_ work: any StoreWork) {
        let refusal: CallStoreError? = state.withLock { state in
            guard !state.isStopped else { return .unavailable("it has been closed") }
            guard state.waiting.count < capacity else { return .overloaded(limit: capacity) }
            state.waiting.append(work)
            return nil
        }
        if let refusal { work.fail(refusal) } else { wake.signal() }
    }

    var depth: Int { state.withLock { $0.waiting.count } }

    /// Takes no more work, does what waits, and ends the thread; returns when it has ended, or at the deadline.
    func stop(by deadline: Deadline) {
        state.withLock { $0.isStopped = true }
        wake.signal()
        while !state.withLock({ $0.hasEnded }), !deadline.isReached(at: SystemClock.now()) {
            ended.wait(until: deadline)
        }
    }

    private func live(_ serve: Serve) {
        var again: [any StoreWork] = []
        while true {
            let (fresh, isStopped) = state.withLock { state in
                let count = min(max(0, batch - again.count), state.waiting.count)
                let fresh = Array(state.waiting.prefix(count))
                state.waiting.removeFirst(count)
                return (fresh, state.isStopped)
            }
            let work = again + fresh
            guard !work.isEmpty else {
                if isStopped { break }
                wake.wait()
                continue
            }
            again = serve(work)
            guard !again.isEmpty else { continue }
            if isStopped {
                for work in again { work.fail(.unavailable("it has been closed")) }
                again = []
            } else {
                wake.wait(until: Deadline(limit: Self.rest, from: SystemClock.now()))
            }
        }
    }
}
