import CallCore
import JSONWire
import Telemetry
import Testing
import Timeline
import Wording

@testable import CallStore

@Suite("A store whose database is away")
struct SpoolTests {
    private static func drained(_ store: SQLiteCallStore) async throws {
        try await eventually("the spool is empty") {
            store.spoolReading?.depth == 0 && store.databaseReading.failure == nil
        }
    }

    private static func dtmf(_ count: Int, of record: CallRecord) -> CallFacts {
        CallFacts(of: .id(record.id), by: "call", [.event(Sample.event(.dtmf(count: count), of: record))])
    }

    private static func digits(_ store: any CallStoring, _ call: CallID) async throws -> [String] {
        try await store.events(of: .id(call))?.compactMap { event in
            event.kind == .dtmf ? (try? event.data.integer("digits")).map { "\($0)" } : nil
        } ?? []
    }

    @Test("While another program holds the database facts are safe, and are kept in their order when it lets go")
    func locked() async throws {
        try await withFolder { folder in
            let path = "\(folder)/calls.db"
            try await withSQLite(.file(path)) { store in
                let records = (1...5).map { Sample.record($0, status: .inProgress) }
                try await store.open(records[0])
                let other = try OtherProgram(path)
                try other.lock()
                for record in records.dropFirst() { #expect(try await store.open(record) == .later) }
                for count in 1...20 {
                    for record in records { #expect(try await store.keep(Self.dtmf(count, of: record)) == .later) }
                }
                #expect(store.databaseReading.failure == .locked)
                #expect(store.spoolReading?.depth == 104 && store.spoolReading?.failure == nil)
                // Readers wait for nobody.
                #expect(try await store.record(of: .id(records[0].id)) == records[0])
                try other.unlock()
                try await Self.drained(store)
                for record in records {
                    #expect(try await Self.digits(store, record.id) == (1...20).map(String.init))
                    #expect(try await store.record(of: .provider(record.providerCallID ?? "")) == record)
                }
                #expect(try await store.keep(Self.dtmf(21, of: records[0])) != .later)
            }
        }
    }

    @Test("What is told of a call while the spool holds something of it comes after that")
    func order() async throws {
        try await withFolder { folder in
            let path = "\(folder)/calls.db"
            try await withSQLite(.file(path)) { store in
                let record = Sample.record(1, status: .inProgress)
                let other = try OtherProgram(path)
                try other.lock()
                try await store.open(record)
                try other.unlock()
                // Some while it is replayed, some after: whichever way each goes, the order stays.
                for count in 1...200 { _ = try await store.keep(Self.dtmf(count, of: record)) }
                try await Self.drained(store)
                #expect(try await Self.digits(store, record.id) == (1...200).map(String.init))
            }
        }
    }

    @Test("A write that came too late and then succeeded is not kept twice")
    func late() async throws {
        try await withFolder { folder in
            let path = "\(folder)/calls.db"
            let record = Sample.record(1, status: .inProgress)
            try await withSQLite(.file(path)) { store in
                try await store.open(record)
                let entry = SpoolEntry(
                    id: CallID(at: Sample.time(3), random: (7, 7)), at: Sample.time(3),
                    facts: Self.dtmf(1, of: record))
                for _ in 1...3 {
                    _ = try await store.database.write { connection throws(CallStoreError) in
                        try CallTable(connection: connection).keep(entry)
                    }
                }
                #expect(try await Self.digits(store, record.id) == ["1"])
            }
        }
    }

    @Test("What a killed process left in its spool is kept by the next one, before what that one is told")
    func inherited() async throws {
        try await withFolder { folder in
            let path = "\(folder)/calls.db"
            let record = Sample.record(1, status: .inProgress)
            try await withSQLite(.file(path)) { store in _ = try await store.open(record) }
            let other = try OtherProgram(path)
            try other.lock()
            // Killed: never closed. Its threads find nothing more to do.
            var killed: SpoolFile? = try SpoolFile.beside(path, limit: 1 << 20)
            try killed?.append(
                (1...3).map { count in
                    SpoolEntry(
                        id: CallID(at: Sample.time(3), random: (0, UInt64(count))), at: Sample.time(3),
                        facts: Self.dtmf(count, of: record)
                    ).bytes
                })
            try other.unlock()
            // While it is held by another process, it is left alone.
            try await withSQLite(.file(path)) { (store) async throws in
                #expect(store.spoolReading?.depth == 0)
                #expect(try await Self.digits(store, record.id) == [])
            }
            killed = nil
            let left = try Files.bytes("\(path)-spool")
            // Torn at any place, what is whole before that is kept.
            try Files.write(left.dropLast(5), to: "\(path)-spool")
            try await withSQLite(.file(path)) { store in
                _ = try await store.keep(Self.dtmf(4, of: record))
                try await Self.drained(store)
                #expect(try await Self.digits(store, record.id) == ["1", "2", "4"])
            }
            #expect(Files.size("\(path)-spool") == SpoolFile.beginning)
        }
    }

    @Test("What a process leaves is taken over by one that lives on, once nobody holds it")
    func takenOver() async throws {
        try await withFolder { folder in
            let path = "\(folder)/calls.db"
            var other: SpoolFile? = try SpoolFile.beside(path, limit: 1 << 20)
            let reader = try SpoolReader(SpoolFile.beside(path, limit: 1 << 20))
            let record = Sample.record(1, status: .inProgress)
            let entry = SpoolEntry(
                id: CallID(at: Sample.time(3), random: (0, 1)), at: Sample.time(3), facts: Self.dtmf(1, of: record))
            try other?.append([entry.bytes])
            var taken: [[UInt8]] = []
            try reader.inherit(beside: path) { taken += $0 }
            #expect(taken.isEmpty && reader.depth == 0)
            other = nil
            try reader.inherit(beside: path) { taken += $0 }
            #expect(taken == [entry.bytes] && reader.depth == 1)
            #expect(try reader.peek() == [entry])
            try reader.inherit(beside: path) { taken += $0 }
            #expect(taken.count == 1)
        }
    }

    @Test("An entry that can never be kept stands in nobody's way: it is put aside and told")
    func refused() async throws {
        try await withFolder { folder in
            let path = "\(folder)/calls.db"
            let record = Sample.record(1, status: .inProgress)
            try await withSQLite(.file(path)) { store in _ = try await store.open(record) }
            do {
                let file = try SpoolFile.beside(path, limit: 1 << 20)
                let good = SpoolEntry(
                    id: CallID(at: Sample.time(3), random: (0, 1)), at: Sample.time(3), facts: Self.dtmf(1, of: record))
                try file.append([Array("{\"id\":\"odd\"}".utf8), good.bytes])
            }
            let registry = MetricsRegistry()
            let errors = ErrorSink(logger: .off, registry: registry)
            try await withSQLite(.file(path), errors: errors) { store in
                try await Self.drained(store)
                #expect(try await Self.digits(store, record.id) == ["1"])
            }
            #expect(errors.records.map(\.report.code) == ["store.unreadable"])
            #expect(try Files.bytes("\(path)-refused") == Array("{\"id\":\"odd\"}\n".utf8))
        }
    }

    @Test("When neither database nor spool can be written, whoever tells is told, in words for both")
    func neither() async throws {
        try await withFolder { folder in
            let path = "\(folder)/calls.db"
            let database = try Database(.file(path), Database.Options(timeout: .milliseconds(200)))
            let spool = try Spool(
                beside: path, Spool.Options(bytes: 2_000, timeout: .milliseconds(200)), for: database, refused: { _ in }
            )
            let other = try OtherProgram(path)
            try other.lock()
            let record = Sample.record(1)
            let entry = SpoolEntry(
                id: CallID(at: Sample.time(3), random: (0, 1)), at: Sample.time(3), facts: Self.dtmf(1, of: record))
            var failure: CallStoreError?
            for _ in 1...20 where failure == nil {
                do throws(CallStoreError) {
                    try await spool.put(entry)
                } catch {
                    failure = error
                }
            }
            guard case .unavailable(let words) = failure else {
                Issue.record("the spool has no bound")
                return
            }
            #expect(words.contains("spool"))
            #expect(spool.reading.failure == failure && Files.size("\(path)-spool") <= 2_000)
            try other.unlock()
            database.close(by: .never)
            spool.stop(by: .never)
        }
    }
}
