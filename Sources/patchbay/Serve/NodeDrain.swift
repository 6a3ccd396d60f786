internal import FrontDoor
internal import Synchronization
internal import Telemetry
internal import Timeline

/// Something of the node's that a drain waits for.
struct DrainWork: Sendable {
    let name: String
    let count: @Sendable () -> Int

    init(_ name: String, count: @escaping @Sendable () -> Int) {
        self.name = name
        self.count = count
    }
}

/// The countdown of a drain, for the probes and the metrics.
final class DrainWatch: Sendable {
    private let work: [DrainWork]
    private let deadline = Mutex<Deadline?>(nil)

    init(_ work: [DrainWork], registry: MetricsRegistry) {
        self.work = work
        for item in work { registry.gauge(.drainWaits, item.name) { [self] in isOn ? Double(item.count()) : 0 } }
        registry.gauge(.drainSeconds) { [self] in secondsLeft(at: SystemClock.now()) ?? 0 }
    }

    private var isOn: Bool { deadline.withLock { $0 != nil } }

    func begin(until deadline: Deadline) { self.deadline.withLock { $0 = deadline } }

    var isDone: Bool { work.allSatisfy { $0.count() == 0 } }

    var left: [(name: String, count: Int)] {
        work.map { ($0.name, $0.count()) }.filter { $0.count > 0 }
    }

    func reading(at now: Instant) -> NodeReading.Drain? {
        guard let deadline = deadline.withLock({ $0 }) else { return nil }
        return NodeReading.Drain(
            waitsFor: work.map { NodeReading.Drain.Item(name: $0.name, count: $0.count()) },
            left: deadline.remaining(at: now).map { max(.zero, $0) })
    }

    private func secondsLeft(at now: Instant) -> Double? {
        deadline.withLock { $0 }?.remaining(at: now).map { max(0, $0.inSeconds) }
    }
}
