import CallCore
import Glibc
import Synchronization
import Telemetry
import Testing
import Timeline
import Wording

@testable import CallStore

@Suite("Database")
struct DatabaseTests {
    private static func withDatabase(
        _ options: Database.Options = .init(), _ body: (Database, String) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            let path = "\(folder)/calls.db"
            let database = try Database(.file(path), options)
            do {
                try await body(database, path)
            } catch {
                database.close(by: .never)
                throw error
            }
            database.close(by: .never)
            database.watch.stop()
        }
    }

    private static func put(_ name: String, _ connection: SQLiteConnection) throws(CallStoreError) {
        try connection.run("INSERT INTO house VALUES (?, '')", .text(name))
    }

    private static func names(_ database: Database) async throws -> [String] {
        try await database.read { connection throws(CallStoreError) in
            try connection.all("SELECT name FROM house WHERE name LIKE 'test %' ORDER BY name", []) { $0.text(0) }
        }
    }

    @Test("Of writes that are committed together, a bad one takes no other with it")
    func savepoints() async throws {
        try await Self.withDatabase { database, _ in
            // One holds the thread until the others wait, so that they go together.
            let isHeld = Atomic(false)
            async let held: Void = database.write { _ throws(CallStoreError) in
                isHeld.store(true, ordering: .releasing)
                while database.writer.depth < 60 { sched_yield() }
            }
            while !isHeld.load(ordering: .acquiring) { await Task.yield() }
            let results = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<60 {
                    group.addTask {
                        do {
                            try await database.write { connection throws(CallStoreError) in
                                try Self.put("test \(number)", connection)
                                if number % 3 == 0 { try Self.put("test \(number)", connection) }
                            }
                            return true
                        } catch CallStoreError.refused {
                            return false
                        }
                    }
                }
                return try await group.reduce(into: (kept: 0, refused: 0)) { counts, isKept in
                    if isKept { counts.kept += 1 } else { counts.refused += 1 }
                }
            }
            try await held
            #expect(results.kept == 40 && results.refused == 20)
            #expect(try await Self.names(database).count == 40)
        }
    }

    @Test("What is not done by its deadline is answered then, and is not done later if it had not begun")
    func deadline() async throws {
        try await Self.withDatabase(.init(timeout: .milliseconds(200))) { database, path in
            let other = try OtherProgram(path)
            try other.lock()
            await #expect(throws: CallStoreError.timedOut) {
                try await database.write { connection throws(CallStoreError) in try Self.put("test late", connection) }
            }
            #expect(database.health.reading.failure == .locked)
            try other.unlock()
            try await database.write { connection throws(CallStoreError) in try Self.put("test next", connection) }
            #expect(try await Self.names(database) == ["test next"])
            #expect(database.health.reading.failure == nil && database.health.reading.lastError == .locked)
        }
    }

    @Test("A reader does not wait for a writer")
    func readers() async throws {
        try await Self.withDatabase { database, path in
            let other = try OtherProgram(path)
            try other.lock()
            #expect(try await Self.names(database) == [])
            try other.unlock()
        }
    }

    @Test("More than may wait is refused at once")
    func overloaded() async throws {
        try await Self.withDatabase(.init(timeout: .seconds(1), waitingWrites: 4)) { database, path in
            let other = try OtherProgram(path)
            try other.lock()
            let errors = await withTaskGroup(of: CallStoreError?.self) { group in
                for number in 0..<300 {
                    group.addTask {
                        do throws(CallStoreError) {
                            try await database.write { connection throws(CallStoreError) in
                                try Self.put("test \(number)", connection)
                            }
                            return nil
                        } catch {
                            return error
                        }
                    }
                }
                return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            try other.unlock()
            #expect((errors[.overloaded(limit: 4)] ?? 0) > 0)
            #expect(errors.keys.allSatisfy { $0 == .overloaded(limit: 4) || $0 == .timedOut })
        }
    }

    @Test(
        "A database that cannot be written says why, and goes on when it can be",
        arguments: [
            ("PRAGMA max_page_count = 1", "PRAGMA max_page_count = 100000", CallStoreError.diskFull),
            ("PRAGMA query_only = ON", "PRAGMA query_only = OFF", .readOnly),
        ])
    func unwritable(away: String, back: String, expected: CallStoreError) async throws {
        try await withFolder { folder in
            let path = "\(folder)/calls.db"
            try await withSQLite(.file(path)) { store in
                let record = Sample.record(1)
                try await store.open(record)
                _ = try await store.database.write { connection throws(CallStoreError) in
                    try connection.execute(away)
                }
                var big = Sample.turn(String(repeating: "word ", count: 2_000))
                big.startMilliseconds = 1
                let facts = CallFacts(of: .id(record.id), by: "t", (0..<20).map { _ in .turn(big) })
                #expect(try await store.keep(facts) == .later)
                #expect(store.spoolReading?.failure == nil)
                // It tries, whoever asks; here somebody makes room.
                try await eventually("the store is away") { store.databaseReading.lastError == expected }
                store.database.add(Chore { connection throws(CallStoreError) in try connection.execute(back) })
                try await eventually("it is kept") {
                    try await store.transcript(of: .id(record.id))?.count == 20
                        && store.databaseReading.failure == nil && store.spoolReading?.depth == 0
                }
            }
        }
    }

    @Test("A damaged page is told as such, and what stands elsewhere is still kept and read")
    func corrupt() async throws {
        try await withFolder { folder in
            let path = "\(folder)/calls.db"
            let records = (1...400).map { Sample.record($0, status: .inProgress) }
            try await withSQLite(.file(path)) { store in
                for record in records { try await store.open(record) }
            }
            var bytes = try Files.bytes(path)
            let needle = Array("\(records[200].id)\",\"provider\"".utf8)
            let place = try #require(
                bytes.indices.first { bytes[$0] == needle[0] && bytes[$0...].starts(with: needle) })
            let page = place / Database.pageBytes * Database.pageBytes
            for index in page..<page + Database.pageBytes { bytes[index] = 0xAA }
            try Files.write(bytes, to: path)
            try await withSQLite(.file(path)) { store in
                await #expect(throws: (any Error).self) { try await store.record(of: .id(records[200].id)) }
                #expect(try await store.record(of: .id(records[0].id)) == records[0])
                let end = CallChange(at: Sample.time(9), .finish(.agentHangup))
                #expect(try await store.change(.id(records[200].id), end) == .later)
                _ = try await store.change(.id(records[399].id), end)
                try await eventually("the other call is kept") {
                    try await store.record(of: .id(records[399].id))?.status == .completed
                }
                guard case .corrupt = store.databaseReading.lastError else {
                    Issue.record("\(String(describing: store.databaseReading.lastError))")
                    return
                }
            }
        }
    }

    @Test("What cannot be opened says why")
    func unopenable() async throws {
        try await withFolder { folder in
            let path = "\(folder)/calls.db"
            #expect { try Database(.file("\(folder)/missing/calls.db")) } throws: { error in
                if case .cannotOpen = error as? CallStoreError { true } else { false }
            }
            try Files.write(Array(repeating: 0x41, count: 8_192), to: path)
            #expect(throws: CallStoreError.notADatabase) { try Database(.file(path)) }
            try Files.write([], to: path)
            try await withSQLite(.file(path)) { store in _ = try await store.open(Sample.record(1)) }
            let other = try OtherProgram(path)
            try other.lock()
            #expect(throws: CallStoreError.locked) {
                try Database(.file(path), Database.Options(timeout: .milliseconds(200)))
            }
            try other.unlock()
            try other.execute("PRAGMA user_version = 77")
            #expect(throws: CallStoreError.newerVersion(found: 77, known: Schema.version)) { try Database(.file(path)) }
        }
    }

    @Test("What the database looks like finds room on its first page, so that a file that lost its end can be read")
    func schemaOnOnePage() async throws {
        try await withFolder { folder in
            _ = try await withSQLite(.file("\(folder)/calls.db")) { store in try await store.open(Sample.record(1)) }
            // A page that is a leaf of a table's tree, not a branch.
            #expect(try Files.bytes("\(folder)/calls.db")[100] == 13)
        }
    }

    @Test("A database with smaller pages, from before, is used as it is, and salvaged when it lost its end")
    func smallerPages() async throws {
        try await withFolder { folder in
            let path = "\(folder)/calls.db"
            do {
                let old = try SQLiteConnection(path, .readWrite, patience: .zero)
                try old.execute("PRAGMA page_size = 4096; PRAGMA journal_mode = WAL")
                try Schema.migrate(old)
            }
            try await withSQLite(.file(path)) { store in
                for number in 1...60 { try await store.open(Sample.record(number)) }
            }
            if try Files.bytes(path).count % Database.pageBytes == 0 {
                try SQLiteConnection(path, .readWrite, patience: .zero).execute("CREATE TABLE a_page_more (name)")
            }
            var bytes = try Files.bytes(path)
            #expect(bytes[16...17] == [0x10, 0x00] && bytes.count % Database.pageBytes > 0)
            try await withSQLite(.file(path)) { store in
                let record = try await store.record(of: .id(Sample.record(60).id))
                #expect(record == Sample.record(60))
            }
            bytes = try Files.bytes(path)
            try Files.write(Array(bytes.dropLast(100)), to: path)
            let errors = ErrorSink(logger: .off, registry: MetricsRegistry())
            try await withSQLite(.file(path), errors: errors) { store in
                let record = try await store.record(of: .id(Sample.record(1).id))
                #expect(record == Sample.record(1))
            }
            #expect(errors.records.map(\.report.code) == ["store.salvaged"])
        }
    }

    @Test("A file that lost its end still opens, with all that is whole", arguments: 0..<24)
    func truncated(seed: Int) async throws {
        try await withFolder { folder in
            let path = "\(folder)/calls.db"
            let count = 60
            let store = try SQLiteCallStore(.file(path))
            for number in 1...count { try await store.open(Sample.record(number)) }
            // As a kill would leave them: nothing was closed.
            let (database, log) = (try Files.bytes(path), try Files.bytes("\(path)-wal"))
            await store.close(by: .never)

            let copy = "\(folder)/copy.db"
            var random = SeededDice(state: UInt64(seed))
            if seed % 2 == 0 {
                try Files.write(database, to: copy)
                try Files.write(Array(log.dropLast(random.below(log.count))), to: "\(copy)-wal")
            } else {
                // All of it in the database, then its end is gone.
                let whole = try Files.bytes(path)
                try Files.write(Array(whole.dropLast(1 + random.below(whole.count - 2 * Database.pageBytes))), to: copy)
            }
            let errors = ErrorSink(logger: .off, registry: MetricsRegistry())
            try await withSQLite(.file(copy), errors: errors) { store in
                let page = try await store.records(matching: CallFilter(), page: .init(limit: 200))
                let numbers = page.records.reversed().compactMap { $0.providerCallID.flatMap { Int($0.dropFirst(2)) } }
                #expect(page.records.reversed() == numbers.map { Sample.record($0) })
                // What was written last is lost first, where it is the log that lost its end.
                if seed % 2 == 0 { #expect(numbers == Array((1...count).prefix(numbers.count))) }
                #expect(try await store.open(Sample.record(count + 1)) != .later)
                let other = try OtherProgram(copy)
                #expect(try other.texts("PRAGMA integrity_check") == ["ok"])
            }
            #expect(errors.records.map(\.report.code) == (seed % 2 == 0 ? [] : ["store.salvaged"]))
        }
    }

    @Test("A page of calls is found by an index in the order of the list, whatever is asked for")
    func plans() async throws {
        try await Self.withDatabase { database, _ in
            for bits in 0..<32 {
                var filter = CallFilter()
                if bits & 1 > 0 { filter.status = .completed }
                if bits & 2 > 0 { filter.agent = "a" }
                if bits & 4 > 0 { filter.from = "+1555" }
                if bits & 8 > 0 { filter.since = Sample.time(1) }
                let request = CallPage.Request(after: bits & 16 > 0 ? Sample.record(1).id : nil)
                let query = CallQuery(request, filter)
                let plan = try await database.read { connection throws(CallStoreError) in
                    try connection.all("EXPLAIN QUERY PLAN \(query.sql)", query.values) { $0.text(3) }
                }
                #expect(plan.count == 1 && plan.allSatisfy { $0.contains("USING INDEX") }, "\(query.sql): \(plan)")
            }
        }
    }

    @Test(
        "Whoever looks for the next call to dial reads the front of a list, however long it is",
        arguments: [
            (DialTable.nextQuery, ["dials_by_time", "sqlite_autoindex_calls_1"]),
            (DialTable.firstQuery, ["dials_by_time"]), (DialTable.orphanQuery, ["dials_taken"]),
        ])
    func dialPlans(query: String, indexes: [String]) async throws {
        try await Self.withDatabase { database, _ in
            let plan = try await database.read { connection throws(CallStoreError) in
                try connection.all("EXPLAIN QUERY PLAN \(query)", []) { $0.text(3) }
            }
            #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan): nothing is sorted")
            let lists = plan.filter { $0.hasPrefix("SCAN") || $0.hasPrefix("SEARCH") }
            for index in indexes { #expect(lists.contains { $0.contains("INDEX \(index)") }, "\(plan)") }
            #expect(lists.count { $0.hasPrefix("SCAN dials") && !$0.contains("INDEX") } == 0, "\(plan)")
        }
    }
}

struct SeededDice {
    var state: UInt64

    mutating func below(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % max(1, limit)
    }
}

/// Something done on the writer's connection whatever state the store is in.
final class Chore: StoreWork {
    let deadline = Deadline.never
    let isAwaited = true
    private let body: @Sendable (SQLiteConnection) throws(CallStoreError) -> Void

    init(_ body: @escaping @Sendable (SQLiteConnection) throws(CallStoreError) -> Void) {
        self.body = body
    }

    func begin() -> Bool { true }
    func run(on connection: SQLiteConnection) throws(CallStoreError) { try body(connection) }
    func commit() {}
    func fail(_ error: CallStoreError) {}
}
