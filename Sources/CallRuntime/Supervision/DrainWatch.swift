internal import Synchronization
public import Telemetry
public import Timeline

/// Something of the node's that a drain waits for.
public struct DrainWork: Sendable {
    public let name: String
    public let count: @Sendable () -> Int

    public init(_ name: String, count: @escaping @Sendable () -> Int) {
        self.name = name
        self.count = count
    }
}

extension Switchboard {
    /// What of calls a drain waits for.
    ///
    /// - Parameter dialler: Of whom only that counts which is with the carrier.
    public func drainWork(and dialler: Dialler?) -> [DrainWork] {
        var work = [DrainWork("calls") { self.liveCalls }, DrainWork("records") { self.tasksLeft }]
        if let dialler { work.append(DrainWork("dials") { dialler.underWay }) }
        return work
    }
}

/// The countdown of a drain, for the probes and the metrics.
public final class DrainWatch: Sendable {
    /// How it stands.
    public struct Reading: Sendable {
        public let waitsFor: [(name: String, count: Int)]
        /// Until what is left is ended; nil without a limit.
        public let left: Duration?
    }

    private let work: [DrainWork]
    private let deadline = Mutex<Deadline?>(nil)

    public init(
        _ work: [DrainWork], registry: MetricsRegistry, now: @escaping @Sendable () -> Instant = { SystemClock.now() }
    ) {
        self.work = work
        for item in work { registry.gauge(.drainWaits, item.name) { [self] in isOn ? Double(item.count()) : 0 } }
        registry.gauge(.drainSeconds) { [self] in reading(at: now())?.left?.inSeconds ?? 0 }
    }

    private var isOn: Bool { deadline.withLock { $0 != nil } }

    public func begin(until deadline: Deadline) { self.deadline.withLock { $0 = deadline } }

    public var isDone: Bool { work.allSatisfy { $0.count() == 0 } }

    public var left: [(name: String, count: Int)] {
        work.map { ($0.name, $0.count()) }.filter { $0.count > 0 }
    }

    /// Nil while nothing drains.
    public func reading(at now: Instant) -> Reading? {
        guard let deadline = deadline.withLock({ $0 }) else { return nil }
        return Reading(
            waitsFor: work.map { ($0.name, $0.count()) }, left: deadline.remaining(at: now).map { max(.zero, $0) })
    }
}
