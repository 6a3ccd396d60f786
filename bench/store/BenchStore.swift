import CallCore
import CallStore
import Glibc
import Timeline
import Wording

/// What the store does on this disk: how soon a final status is kept, how many facts a second, how soon a page is read.
///
///     bench-store FOLDER [CALLS]
///
/// Each row: what, how many a second, and the median, the 99th of a hundred and the longest of its times in µs.
@main
struct BenchStore {
    static let usualCalls = 100_000
    static let rate = 200
    static let pacedSeconds = 15
    /// Callers that keep facts at once, each after its last.
    static let crowd = 256

    static func main() async throws {
        guard CommandLine.arguments.count > 1 else {
            print("usage: bench-store FOLDER [CALLS]")
            exit(2)
        }
        let calls = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? usualCalls : usualCalls
        let store = try SQLiteCallStore(.file("\(CommandLine.arguments[1])/bench.db"))
        let ids = CallIDSource()

        try await timed("a call alone", count: 500) { _ in try await open(ids, in: store) }
        try await crowded("calls, 256 at once", count: calls, ids, store)
        try await paced(ids, store)
        try await timed("a page of 50", count: 500) { _ in
            _ = try await store.records(matching: CallFilter(), page: .init())
        }
        try await timed("a page of 50, by status and agent", count: 500) { _ in
            _ = try await store.records(matching: CallFilter(status: .ringing, agent: "default"), page: .init())
        }
        await store.close(by: .never)
    }

    // MARK: rows

    private static func timed(_ name: String, count: Int, _ body: @Sendable (Int) async throws -> Void) async throws {
        var times: [Duration] = []
        let began = ContinuousClock.now
        for number in 0..<count {
            let start = ContinuousClock.now
            try await body(number)
            times.append(ContinuousClock.now - start)
        }
        show(name, times, over: ContinuousClock.now - began)
    }

    /// Commits are shared: what many keep at once costs one sync.
    private static func crowded(_ name: String, count: Int, _ ids: CallIDSource, _ store: SQLiteCallStore) async throws
    {
        let began = ContinuousClock.now
        let times = try await withThrowingTaskGroup(of: [Duration].self) { group in
            for _ in 0..<crowd {
                group.addTask {
                    var times: [Duration] = []
                    for _ in 0..<(count / crowd) {
                        let start = ContinuousClock.now
                        try await open(ids, in: store)
                        times.append(ContinuousClock.now - start)
                    }
                    return times
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        show(name, times, over: ContinuousClock.now - began)
    }

    /// The carrier's reports of calls that end, at an even pace.
    private static func paced(_ ids: CallIDSource, _ store: SQLiteCallStore) async throws {
        let count = rate * pacedSeconds
        var names: [String] = []
        for _ in 0..<count { names.append(try await open(ids, in: store)) }
        let began = ContinuousClock.now
        let times = try await withThrowingTaskGroup(of: Duration.self) { group in
            for (number, name) in names.enumerated() {
                let due = began.advanced(by: .seconds(1) * number / rate)
                try await Task.sleep(until: due)
                group.addTask {
                    let start = ContinuousClock.now
                    try await finish(name, in: store)
                    return ContinuousClock.now - start
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        show("final statuses, 200 a second", times, over: ContinuousClock.now - began)
    }

    // MARK: facts

    @discardableResult
    private static func open(_ ids: CallIDSource, in store: SQLiteCallStore) async throws -> String {
        let now = utc()
        let id = ids.next(at: now)
        let name = "CA\(id)"
        var record = CallRecord(
            id: id, providerCallID: name, direction: .inbound, status: .ringing, from: PhoneNumber("+15550001111"),
            to: PhoneNumber("+15550002222"), createdAt: now)
        record.agent = "default"
        guard case .kept = try await store.keep(CallFacts(opening: record, by: "bench")) else { throw Missed() }
        return name
    }

    private static func finish(_ name: String, in store: SQLiteCallStore) async throws {
        let now = utc()
        let change = CallChange(at: now, .carrier(.completed))
        let telling = CallFacts.Telling.webhook(path: "/twilio/status", status: "completed", at: now)
        let facts = CallFacts(of: .provider(name), by: "carrier", identity: "bench/\(name)", [.change(change, telling)])
        guard case .kept = try await store.keep(facts) else { throw Missed() }
    }

    /// The store was too slow, and its spool had to take what it could not.
    struct Missed: Error {}

    private static func utc() -> UTCTime {
        var time = timespec()
        // SAFETY: writes one structure.
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return UTCTime(millisecondsSince1970: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }

    private static func show(_ name: String, _ times: [Duration], over length: Duration) {
        let sorted = times.map { Int($0.wholeNanoseconds / 1_000) }.sorted()
        func rank(_ perMille: Int) -> Int { sorted[min(sorted.count - 1, sorted.count * perMille / 1_000)] }
        let rate = Int(Double(times.count) / length.inSeconds)
        print("\(name)\t\(rate)\t\(rank(500))\t\(rank(990))\t\(sorted.last ?? 0)")
    }
}
