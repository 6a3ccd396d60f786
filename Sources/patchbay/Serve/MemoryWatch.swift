internal import Configuration
internal import FrontDoor
internal import SocketLoop
internal import Synchronization
internal import Telemetry
internal import Timeline

/// How much of the memory that this process may use is in use: of its control group's limit if it has one, else of the
/// machine's. Looked at once a second.
final class MemoryWatch: Sendable {
    private static let period = Duration.seconds(1)
    /// From here on the kernel may end the process at any moment.
    private static let limit = 0.95
    private static let longestFile = 16 << 10

    /// Not a number while the system does not tell.
    private let share = Atomic<UInt64>(Double.nan.bitPattern)
    private let lookedAt = Atomic<Int64>(0)
    private let took = Atomic<Int64>(0)

    init(on loop: SocketLoop) {
        look()
        loop.execute { [self] core in
            _ = core.schedule(after: Self.period) { [self] _ in
                look()
                return core.now.advanced(by: Self.period)
            }
        }
    }

    /// Nil while the system does not tell.
    var used: Double? {
        let share = Double(bitPattern: share.load(ordering: .relaxed))
        return share.isNaN ? nil : share
    }

    func health(at now: Instant) -> ComponentHealth {
        let age = Instant(nanoseconds: lookedAt.load(ordering: .relaxed)).duration(to: now)
        let latency = Duration.nanoseconds(took.load(ordering: .relaxed))
        guard let share = used else {
            return ComponentHealth(.unknown, lastError: "the system does not tell how much memory is in use", age: age)
        }
        guard share >= Self.limit else {
            return ComponentHealth(.ok, latency: latency, lastSuccess: SystemClock.utc(), age: age)
        }
        let words = "\(Int((share * 100).rounded())) % of the memory is in use"
        return ComponentHealth(.failing, latency: latency, lastError: words, age: age)
    }

    private func look() {
        let began = SystemClock.now()
        let used = Self.usedNow ?? .nan
        share.store(used.bitPattern, ordering: .relaxed)
        let now = SystemClock.now()
        lookedAt.store(now.nanoseconds, ordering: .relaxed)
        took.store(began.nanoseconds(to: now), ordering: .relaxed)
    }

    /// Looks; nil where the system does not tell.
    static var usedNow: Double? { shareOfGroup() ?? shareOfMachine() }

    private static func shareOfGroup() -> Double? {
        guard let limit = read("/sys/fs/cgroup/memory.max").flatMap(number), limit > 0,
            let used = read("/sys/fs/cgroup/memory.current").flatMap(number)
        else { return nil }
        // What the page cache holds can be had back.
        let cache = read("/sys/fs/cgroup/memory.stat").flatMap { field("inactive_file", in: $0) } ?? 0
        return (used - cache) / limit
    }

    private static func shareOfMachine() -> Double? {
        guard let text = read("/proc/meminfo"), let total = field("MemTotal:", in: text), total > 0,
            let available = field("MemAvailable:", in: text)
        else { return nil }
        return 1 - available / total
    }

    private static func read(_ path: String) -> String? {
        guard let bytes = try? FileReading.read(path, limit: longestFile) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func number(_ text: String) -> Double? {
        Double(text.prefix { $0.isNumber })
    }

    /// The number behind a name, in a file of lines `name number …`.
    private static func field(_ name: String, in text: String) -> Double? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            if words.count > 1, words[0] == name { return Double(words[1]) }
        }
        return nil
    }
}
