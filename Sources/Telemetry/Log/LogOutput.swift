internal import Synchronization
public import Timeline
public import Wording

/// Writes lines to a descriptor from a thread of its own, so that a slow or stuck reader blocks nobody who logs.
///
/// At most `capacity` lines wait. When they do, further ones are dropped and counted, and once lines flow again one
/// of them tells how many are missing.
public final class LogOutput: LogDestination {
    public static let defaultCapacity = 4_096

    private let queue: BoundedQueue<LogRecord>
    private let dropped: Counter
    private let wake: WakeSignal
    private let isWriterAsleep = Atomic(false)
    private let isStopping = Atomic(false)
    /// How many of the accepted lines have been written or given up.
    private let settled = Atomic<UInt64>(0)
    private let hasEnded = Atomic(false)
    private let flushers = Atomic(0)
    private let hasSettled: WakeSignal

    /// Writes to a descriptor that outlives this object; nil when the system has no thread or descriptor left.
    ///
    /// - Parameter dropped: counts the lines that were lost.
    public init?(
        descriptor: Int32,
        format: LogFormat,
        style: TerminalStyle = .plain,
        capacity: Int = LogOutput.defaultCapacity,
        dropped: Counter
    ) {
        guard let wake = WakeSignal(), let hasSettled = WakeSignal() else { return nil }
        self.wake = wake
        self.hasSettled = hasSettled
        self.dropped = dropped
        queue = BoundedQueue(capacity: capacity)
        let writer = LogWriter(descriptor: descriptor, renderer: LogRenderer(format: format, style: style))
        guard SystemThread.start(name: "log", { [self, lost = dropped.value] in run(writer, lost) }) else { return nil }
    }

    public func accept(_ record: LogRecord) {
        guard !isStopping.load(ordering: .relaxed), queue.append(record) else { return dropped.increment() }
        // Either the writer sees this line before it sleeps, or this thread sees that it sleeps.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        if isWriterAsleep.load(ordering: .relaxed), isWriterAsleep.exchange(false, ordering: .relaxed) {
            wake.signal()
        }
    }

    /// Waits until all that was accepted so far is written. False when it was not by then: the reader is stuck.
    @discardableResult
    public func flush(by deadline: Deadline) -> Bool {
        let target = queue.accepted
        return wait(by: deadline) { $0.settled.load(ordering: .acquiring) >= target }
    }

    /// Flushes, ends the writer and lets go of the descriptor. Lines said afterwards count as dropped.
    @discardableResult
    public func stop(by deadline: Deadline) -> Bool {
        isStopping.store(true, ordering: .releasing)
        return wait(by: deadline) { $0.hasEnded.load(ordering: .acquiring) }
    }

    private func wait(by deadline: Deadline, until isDone: (LogOutput) -> Bool) -> Bool {
        flushers.wrappingAdd(1, ordering: .sequentiallyConsistent)
        defer { flushers.wrappingSubtract(1, ordering: .relaxed) }
        wake.signal()
        while !isDone(self) {
            let now = SystemClock.now()
            if deadline.isReached(at: now) { return false }
            // Another flush may have taken the signal that was ours, hence the look every now and then.
            hasSettled.wait(until: deadline.capped(to: .milliseconds(20), from: now))
        }
        return true
    }

    // MARK: The writer's thread

    private func run(_ initial: LogWriter, _ lostBefore: UInt64) {
        var writer = initial
        var told = lostBefore
        while true {
            while let record = queue.popFirst() {
                writer.take(record)
                if writer.isBatchFull { writeOut(&writer) }
            }
            writeOut(&writer)
            let missing = dropped.value - told
            if missing > 0, writer.write(Self.tell(missing: missing)) { told += missing }
            if isStopping.load(ordering: .acquiring), !queue.hasNext { break }
            sleep()
        }
        hasEnded.store(true, ordering: .releasing)
        hasSettled.signal()
    }

    private func writeOut(_ writer: inout LogWriter) {
        dropped.increment(by: writer.writeOut())
        settled.store(queue.taken, ordering: .releasing)
        if flushers.load(ordering: .sequentiallyConsistent) > 0 { hasSettled.signal() }
    }

    private func sleep() {
        isWriterAsleep.store(true, ordering: .relaxed)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        if !queue.hasNext { wake.wait() }
        isWriterAsleep.store(false, ordering: .relaxed)
    }

    private static func tell(missing: UInt64) -> LogRecord {
        LogRecord(
            time: SystemClock.utc(), level: .warning, component: "log", event: "log.dropped",
            message: "Lines are missing before this one: they came faster than they could be written.", context: [:],
            fields: ["lines": .integer(Int(clamping: missing))])
    }
}
