import CallCore
import CallStore
import Synchronization
import Testing
import Timeline

@Suite("Which of database and spool takes facts")
struct KeepingWaysTests {
    /// A database and a spool that do as they are told.
    private final class Ways: KeepingWays {
        let outage: CallStoreError?
        private let held: Bool
        private let database: CallStoreError?
        private let spool: CallStoreError?
        private let calls = Mutex<[String]>([])

        init(outage: CallStoreError? = nil, holds: Bool = false, database: CallStoreError?, spool: CallStoreError?) {
            self.outage = outage
            held = holds
            self.database = database
            self.spool = spool
        }

        var asked: [String] { calls.withLock { $0 } }
        func spoolHolds(_ names: [CallReference]) -> Bool { held }

        func write(_ entry: SpoolEntry) async throws(CallStoreError) -> CallKept {
            calls.withLock { $0.append("database") }
            if let database { throw database }
            return .unknownCall
        }

        func put(_ entry: SpoolEntry) async throws(CallStoreError) {
            calls.withLock { $0.append("spool") }
            if let spool { throw spool }
        }
    }

    private func entry(isForNow: Bool = false) -> SpoolEntry {
        var facts = CallFacts(opening: Sample.record(1), by: "test")
        facts.isForNow = isForNow
        return SpoolEntry(id: CallID(at: Sample.time(1), random: (1, 1)), at: Sample.time(1), facts: facts)
    }

    private func keep(_ ways: Ways, isForNow: Bool = false) async -> Result<CallKept, CallStoreError> {
        do throws(CallStoreError) {
            return .success(try await ways.keep(entry(isForNow: isForNow)))
        } catch {
            return .failure(error)
        }
    }

    @Test("The database comes first, and the spool when that is away")
    func order() async {
        let well = Ways(database: nil, spool: nil)
        #expect(await keep(well) == .success(.unknownCall))
        #expect(well.asked == ["database"])
        let away = Ways(database: .locked, spool: nil)
        #expect(await keep(away) == .success(.later))
        #expect(away.asked == ["database", "spool"])
        let known = Ways(outage: .locked, database: .locked, spool: nil)
        #expect(await keep(known) == .success(.later))
        #expect(known.asked == ["spool"])
    }

    @Test("What the database refuses for good is nothing for the spool")
    func refused() async {
        let ways = Ways(database: .fenced, spool: nil)
        #expect(await keep(ways) == .failure(.fenced))
        #expect(ways.asked == ["database"])
    }

    @Test("What the spool does not take is tried in the database, which may be back; unless it would overtake")
    func back() async {
        let ways = Ways(outage: .locked, database: nil, spool: .diskFull)
        #expect(await keep(ways) == .success(.unknownCall))
        #expect(ways.asked == ["spool", "database"])
        let behind = Ways(outage: .locked, holds: true, database: nil, spool: .diskFull)
        #expect(
            await keep(behind)
                == .failure(.unkept(store: CallStoreError.locked.message, spool: CallStoreError.diskFull.message)))
        #expect(behind.asked == ["spool"])
    }

    @Test("Nothing is promised when neither takes it")
    func neither() async {
        let ways = Ways(database: .diskFull, spool: .diskFull)
        let words = CallStoreError.diskFull.message
        #expect(await keep(ways) == .failure(.unkept(store: words, spool: words)))
    }

    @Test("What is right only now is never kept later")
    func forNow() async {
        let away = Ways(database: .locked, spool: nil)
        #expect(await keep(away, isForNow: true) == .failure(.locked))
        #expect(away.asked == ["database"])
        let behind = Ways(holds: true, database: nil, spool: nil)
        #expect(await keep(behind, isForNow: true) == .failure(.timedOut))
        #expect(behind.asked.isEmpty)
    }
}
