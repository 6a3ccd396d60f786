import CallCore
import Telemetry
import Testing
import Timeline
import Wording

@testable import CallStore

@Suite("What is kept beside calls")
struct KeepingTests {
    private static let day = Duration.seconds(86_400)

    private static func report(
        _ code: String, _ severity: ErrorSeverity = .error, component: String = "upstream", call: String? = nil
    ) -> ErrorReport {
        ErrorReport(
            code: code, component: component, severity: severity, message: "It went wrong.",
            context: ErrorContext(call: call, number: PhoneNumber("+15550001111")))
    }

    private static func withErrors(
        _ body: (ErrorSink, SQLiteErrorStore, SQLiteCallStore) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            try await withSQLite(.file("\(folder)/calls.db")) { store in
                let errors = SQLiteErrorStore(in: store)
                let sink = ErrorSink(logger: .off, registry: MetricsRegistry())
                sink.report(Self.report("before"))
                sink.handOver(to: errors)
                try await body(sink, errors, store)
            }
        }
    }

    @Test("Errors are kept grouped, with the worst severity, and one that is met again is open again")
    func errors() async throws {
        try await Self.withErrors { sink, errors, _ in
            for _ in 0..<3 { sink.report(Self.report("a", .warning)) }
            sink.report(Self.report("a", .critical))
            sink.report(Self.report("a", .warning, call: "CA1"))
            try await eventually("all are kept") {
                try await errors.errors(matching: ErrorFilter(), page: .init()).errors.map(\.count).sorted() == [1, 5]
            }
            let page = try await errors.errors(matching: ErrorFilter(severity: "critical"), page: .init())
            let error = try #require(page.errors.first)
            #expect(page.errors.count == 1 && error.code == "a" && error.count == 5 && !error.isResolved)
            #expect(error.context.call == "CA1" && error.firstSeen <= error.lastSeen)
            #expect(try await errors.resolve(error.id, true)?.isResolved == true)
            let open = ErrorFilter(isResolved: false)
            #expect(try await errors.errors(matching: open, page: .init()).errors.map(\.code) == ["before"])
            sink.report(Self.report("a"))
            try await eventually("it is open again") {
                try await errors.errors(matching: open, page: .init()).errors.count == 2
            }
            #expect(try await errors.resolve("missing", true) == nil)
        }
    }

    @Test("Errors are listed page by page, the one seen last first")
    func pages() async throws {
        try await Self.withErrors { sink, errors, _ in
            for number in 0..<5 { sink.report(Self.report("c\(number)", component: number % 2 == 0 ? "x" : "y")) }
            try await eventually("all are kept") {
                try await errors.errors(matching: ErrorFilter(), page: .init()).errors.count == 6
            }
            var seen: [KeptError] = []
            var after: ErrorPage.Cursor?
            repeat {
                let page = try await errors.errors(matching: ErrorFilter(), page: .init(after: after, limit: 2))
                seen += page.errors
                after = page.next.flatMap { ErrorPage.Cursor($0.description) }
            } while after != nil
            #expect(Set(seen.map(\.code)).count == 6)
            #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.lastSeen >= $1.lastSeen })
            let some = try await errors.errors(matching: ErrorFilter(component: "x"), page: .init())
            #expect(Set(some.errors.map(\.code)) == ["c0", "c2", "c4"])
        }
    }

    @Test("Reports that come while the database is away are kept when it is back")
    func errorsWhileAway() async throws {
        try await withFolder { folder in
            let path = "\(folder)/calls.db"
            try await withSQLite(.file(path)) { store in
                let errors = SQLiteErrorStore(in: store)
                let other = try OtherProgram(path)
                try other.lock()
                let sink = ErrorSink(logger: .off, registry: MetricsRegistry())
                sink.handOver(to: errors)
                for _ in 0..<100 { sink.report(Self.report("a")) }
                try other.unlock()
                try await eventually("all are kept") {
                    try await errors.errors(matching: ErrorFilter(), page: .init()).errors.map(\.count) == [100]
                }
            }
        }
    }

    @Test("The secret is made once, whoever asks")
    func secret() async throws {
        try await withFolder { folder in
            let path = "\(folder)/calls.db"
            for fresh in ["first", "second"] {
                try await withSQLite(.file(path)) { (store) async throws in
                    #expect(try await store.secret(orKeep: Secret(fresh)) == Secret("first"))
                }
            }
        }
    }

    @Test("What the house keeps is for its owner's eyes alone")
    func modes() async throws {
        try await withFolder { folder in
            let path = "\(folder)/calls.db"
            try await withSQLite(.file(path)) { store in
                _ = try await store.open(Sample.record(1))
                for end in ["", "-wal", "-shm", "-spool"] { #expect(try Files.mode(path + end) == 0o600) }
            }
        }
    }

    @Test("Calls and what was said in them go when they are old, in small steps; open calls stay")
    func retention() async throws {
        try await withFolder { folder in
            try await withSQLite(.file("\(folder)/calls.db")) { store in
                // 60 calls, one a day, two ends a call short of all.
                for number in 1...60 {
                    let time = UTCTime(
                        millisecondsSince1970: Sample.time(0).millisecondsSince1970 + Int64(number) * 86_400_000)
                    let record = CallRecord(
                        id: CallID(at: time, random: (0, 0)), providerCallID: "CA\(number)", direction: .inbound,
                        status: .inProgress, createdAt: time)
                    var steps: [CallFacts.Step] = [.turn(Sample.turn("hello"))]
                    if number > 2 { steps.append(.change(CallChange(at: time, .finish(.agentHangup)))) }
                    let facts = CallFacts(of: .id(record.id), by: "t", identity: "m\(number)", orOpen: record, steps)
                    _ = try await store.keep(facts)
                }
                let now = UTCTime(millisecondsSince1970: Sample.time(0).millisecondsSince1970 + 61 * 86_400_000)
                let retention = SQLiteCallStore.Retention(calls: Self.day * 40, transcripts: Self.day * 10)
                var steps = 0
                while try await store.prune(retention, at: now) { steps += 1 }
                #expect(steps >= 1 && steps < 20)
                let kept = try await store.records(matching: CallFilter(), page: .init(limit: 100)).records
                #expect(kept.compactMap(\.providerCallID) == ((21...60).reversed() + [2, 1]).map { "CA\($0)" })
                for record in kept {
                    let turns = try await store.transcript(of: .id(record.id))
                    let isYoung = record.createdAt.millisecondsSince1970 >= now.millisecondsSince1970 - 10 * 86_400_000
                    #expect(turns?.isEmpty == !(isYoung || record.endedAt == nil), "\(record.createdAt)")
                }
                let never = SQLiteCallStore.Retention(calls: nil, transcripts: nil)
                #expect(try await !store.prune(never, at: now))
            }
        }
    }

    @Test("Messages and writes are remembered as long as they may come again, and no longer")
    func memories() async throws {
        try await withSQLite(.memory) { store in
            let record = Sample.record(1)
            _ = try await store.keep(CallFacts(of: .id(record.id), by: "t", identity: "m1", orOpen: record, []))
            func counts() async throws -> [Int64] {
                try await store.database.read { connection throws(CallStoreError) in
                    try connection.all(
                        "SELECT count(*) FROM webhook_inbox UNION ALL SELECT count(*) FROM writes", []
                    ) { $0.integer(0) }
                }
            }
            let now = SystemClock.utc()
            let later = UTCTime(millisecondsSince1970: now.millisecondsSince1970 + 2 * 86_400_000)
            let muchLater = UTCTime(millisecondsSince1970: now.millisecondsSince1970 + 31 * 86_400_000)
            let never = SQLiteCallStore.Retention(calls: nil, transcripts: nil)
            for (time, expected) in [(now, [1, 1]), (later, [1, 0]), (muchLater, [0, 0])] as [(UTCTime, [Int64])] {
                while try await store.prune(never, at: time) {}
                #expect(try await counts() == expected)
            }
        }
    }
}
