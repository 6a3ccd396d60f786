import CallCore
import CallStore
import Testing
import Timeline
import Wording

@Suite("Call store in memory")
struct MemoryCallStoreTests {
    @Test("Past its capacity the call that ended longest ago leaves, an open one never")
    func bounded() async throws {
        let store = MemoryCallStore(.init(calls: 3))
        for number in 1...3 { try await store.open(Sample.record(number, status: .inProgress)) }
        await #expect(throws: CallStoreError.full(limit: 3)) { try await store.open(Sample.record(4)) }
        for number in [3, 1] {
            try await store.change(.provider("CA\(number)"), CallChange(at: Sample.time(10), .finish(.agentHangup)))
        }
        try await store.open(Sample.record(4))
        try await store.open(Sample.record(5))
        var kept: [Int] = []
        for number in 1...5 where try await store.record(of: .provider("CA\(number)")) != nil { kept.append(number) }
        #expect(kept == [2, 4, 5])
        await #expect(throws: CallStoreError.full(limit: 3)) { try await store.open(Sample.record(6)) }
    }

    @Test("Events and turns stay within their bounds")
    func lists() async throws {
        let store = MemoryCallStore(.init(eventsPerCall: 2, turnsPerCall: 1))
        let record = Sample.record(1)
        try await store.open(record)
        let event = CallFacts.Step.event(Sample.event(.drainAsked, of: record))
        let facts = CallFacts(
            of: .id(record.id), by: "call", [event, event, .turn(Sample.turn("a")), .turn(Sample.turn("b"))])
        _ = try await store.keep(facts)
        #expect(try await store.kinds(of: .id(record.id)) == [.callCreated, .drainAsked])
        #expect(try await store.transcript(of: .id(record.id)) == [Sample.turn("a")])
    }
}
