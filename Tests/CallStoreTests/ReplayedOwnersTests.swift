import CallCore
import CallStore
import Testing
import Timeline

@Suite("Who answers for what waited in a spool")
struct ReplayedOwnersTests {
    private let database: TurnedDatabase
    private let first: NodeEpoch
    private let second: NodeEpoch
    private let record = Sample.record(1)

    private static let beginning = Instant(nanoseconds: 7_000_000_000)

    init() throws {
        database = try TurnedDatabase()
        first = try database.enter("first", at: Self.beginning)
        second = try database.enter("second", at: Self.beginning)
    }

    private func entry(_ facts: CallFacts, at second: Int, _ moment: HostMoment? = nil) -> SpoolEntry {
        SpoolEntry(
            id: CallID(at: Sample.time(second), random: (1, UInt64(second))), at: Sample.time(second), moment,
            facts: facts)
    }

    /// What a call tells when its stream begins.
    private func stream(
        _ name: String, of owner: NodeEpoch?, at second: Int, _ moment: HostMoment? = nil
    ) -> SpoolEntry {
        var change = CallChange(at: Sample.time(second), .advance(to: .inProgress))
        change.streamID = name
        let began = CallEvent(
            at: Sample.time(second), call: record.id, component: "carrier", .streamStarted(stream: name))
        var facts = CallFacts(of: .id(record.id), by: "call", orOpen: record, [.change(change), .event(began)])
        facts.owner = owner
        return entry(facts, at: second, moment)
    }

    private var owner: NodeEpoch? { get throws { try database.owner(of: .id(record.id)) } }

    @Test("A call that was opened by who does not run it is whose spool gives it")
    func opened() throws {
        _ = try database.replay([entry(CallFacts(opening: record, by: "carrier"), at: 1)], openedBy: first)
        #expect(try owner == first)
    }

    @Test("A node that lives answers for the stream that it told of, also when another had opened the record")
    func streamed() throws {
        _ = try database.keep(entry(CallFacts(opening: record, by: "carrier"), at: 1), openedBy: second)
        _ = try database.replay([stream("MZ1", of: first, at: 2)], openedBy: first)
        #expect(try owner == first)
    }

    @Test("What a node told that is gone by now is for whoever claims it")
    func gone() throws {
        try database.leave(first)
        _ = try database.replay([stream("MZ1", of: first, at: 2)], openedBy: second)
        #expect(try owner == nil)
    }

    @Test("The newer stream's node answers, in whatever order the two are kept")
    func newer() throws {
        _ = try database.keep(stream("MZ2", of: second, at: 5), openedBy: nil)
        _ = try database.replay([stream("MZ1", of: first, at: 2)], openedBy: first)
        #expect(try owner == second)
        _ = try database.replay([stream("MZ3", of: first, at: 9)], openedBy: first)
        #expect(try owner == first)
    }

    @Test("A wall clock that jumped makes no stream newer")
    func jumpedClock() throws {
        func told(_ name: String, of owner: NodeEpoch, clock: Int, at second: Int64) -> SpoolEntry {
            stream(name, of: owner, at: clock, HostMoment(Instant(nanoseconds: second * 1_000_000_000)))
        }
        _ = try database.keep(told("MZ1", of: second, clock: 3_600, at: 1), openedBy: nil)
        let spooled = told("MZ2", of: first, clock: 5, at: 2)
        _ = try database.replay([try SpoolEntry(bytes: spooled.bytes)], openedBy: first)
        #expect(try owner == first)
        // Older ones are told later, and change nothing, neither by themselves nor for each other.
        for (number, moment) in [(0, Int64(0)), (9, 1)] {
            let older = told("MZ\(number)", of: second, clock: 7_200 + number, at: moment)
            _ = try database.replay([older], openedBy: first)
            #expect(try owner == first)
        }
    }

    @Test("An entry that is given twice is kept once")
    func once() throws {
        let entry = stream("MZ1", of: first, at: 2)
        _ = try database.replay([entry], openedBy: first)
        _ = try database.replay([entry], openedBy: first)
        #expect(try database.events(of: .id(record.id))?.count { $0.kind == .streamStarted } == 1)
    }
}
