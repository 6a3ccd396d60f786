internal import Dispatch
internal import Synchronization
internal import Telemetry

/// Who codes packets for one loop's calls away from it.
package protocol CodecWorking: AnyObject, Sendable {
    /// Has the lane work, and then its loop collect what is done.
    func enqueue(_ lane: CodecLane)
    /// No more is wanted.
    func close()
}

/// A thread that codes packets for one loop's calls, so that they do not hold up its other frames.
///
/// A lane is in the queue once at most, so the queue is as long as there are calls. Ends with `close`.
final class CodecWorker: CodecWorking {
    private struct Queue {
        var lanes: [CodecLane] = []
        var isClosed = false
    }

    private let queue = Mutex(Queue())
    private let filled = DispatchSemaphore(value: 0)
    private let tellLoop: @Sendable (@escaping @Sendable () -> Void) -> Void

    /// Nil when the system has no thread left.
    ///
    /// - Parameters:
    ///   - name: What tools show of the thread.
    ///   - tellLoop: Runs something on the loop.
    init?(name: String, tellLoop: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void) {
        self.tellLoop = tellLoop
        guard SystemThread.start(name: name, { [self] in run() }) else { return nil }
    }

    func enqueue(_ lane: CodecLane) {
        queue.withLock { $0.lanes.append(lane) }
        filled.signal()
    }

    /// The thread ends as soon as it is done with what it is at.
    func close() {
        queue.withLock { $0.isClosed = true }
        filled.signal()
    }

    private func run() {
        var batch: [CodecLane] = []
        while true {
            filled.wait()
            let isClosed = queue.withLock { queue in
                swap(&queue.lanes, &batch)
                return queue.isClosed
            }
            guard !isClosed else { return }
            for lane in batch where lane.work() { tellLoop { lane.collectOnLoop() } }
            batch.removeAll(keepingCapacity: true)
        }
    }
}
