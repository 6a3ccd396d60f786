import CallCore
import CallStore
import Testing
import Timeline
import Wording

@Suite("Call store in memory")
struct MemoryCallStoreTests {
    private static func time(_ seconds: Int) -> UTCTime {
        UTCTime(millisecondsSince1970: 1_768_473_000_000 + Int64(seconds) * 1_000)
    }

    private static func record(_ number: Int, status: CallStatus = .ringing, agent: String? = nil) -> CallRecord {
        var record = CallRecord(
            id: CallID(at: time(number), random: (1, UInt64(number))), providerCallID: "CA\(number)",
            direction: .inbound, status: status, from: PhoneNumber("+1555000\(1_000 + number)"), createdAt: time(number)
        )
        record.agent = agent
        return record
    }

    @Test("A call is found by our id and by the carrier's")
    func found() async throws {
        let store = MemoryCallStore()
        let record = Self.record(1)
        #expect(try await store.open(record) == .opened)
        #expect(try await store.record(of: .id(record.id)) == record)
        #expect(try await store.record(of: .provider("CA1")) == record)
        #expect(try await store.record(of: .provider("CA2")) == nil)
    }

    @Test("A call that the carrier names twice is one call")
    func openedTwice() async throws {
        let store = MemoryCallStore()
        let first = Self.record(1)
        _ = try await store.open(first)
        let second = CallRecord(
            id: CallID(at: Self.time(9), random: (0, 0)), providerCallID: "CA1", direction: .inbound, status: .ringing,
            createdAt: Self.time(9))
        #expect(try await store.open(second) == .exists(first))
    }

    @Test("Of many endings at once, exactly one is written")
    func oneEnding() async throws {
        let store = MemoryCallStore()
        let record = Self.record(1, status: .inProgress)
        _ = try await store.open(record)
        let reasons = EndReason.allCases
        let effects = try await withThrowingTaskGroup(of: StatusEffect.self) { group in
            for reason in reasons {
                group.addTask {
                    let change = CallChange(at: Self.time(5), .finish(reason))
                    guard case .changed(_, let effect) = try await store.change(record.id, change) else { return .none }
                    return effect
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let written = effects.compactMap { if case .finished(let reason) = $0 { reason } else { nil } }
        #expect(written.count == 1)
        #expect(try await store.record(of: .id(record.id))?.endReason == written.first)
    }

    @Test("A message that comes twice changes a record once")
    func repeated() async throws {
        let store = MemoryCallStore()
        _ = try await store.open(Self.record(1))
        let change = CallChange(at: Self.time(2), .carrier(.inProgress))
        let first = try await store.change(.provider("CA1"), change, identity: "m1", orOpen: nil)
        let again = try await store.change(.provider("CA1"), change, identity: "m1", orOpen: nil)
        guard case .changed(let record, .advanced(to: .inProgress)) = first else {
            Issue.record("not taken: \(first)")
            return
        }
        #expect(again == .repeated(record))
    }

    @Test("A change of a call that nobody has seen opens it, if that is wanted")
    func unseen() async throws {
        let store = MemoryCallStore()
        let change = CallChange(at: Self.time(2), .carrier(.completed))
        #expect(try await store.change(.provider("CA1"), change, identity: nil, orOpen: nil) == .unknownCall)
        let opened = try await store.change(.provider("CA1"), change, identity: nil, orOpen: Self.record(1))
        guard case .changed(let record, .finished(.callerHangup)) = opened else {
            Issue.record("not opened: \(opened)")
            return
        }
        #expect(try await store.record(of: .provider("CA1")) == record)
    }

    @Test("Past its capacity the call that ended longest ago leaves, an open one never")
    func bounded() async throws {
        let store = MemoryCallStore(.init(calls: 3))
        for number in 1...3 { _ = try await store.open(Self.record(number, status: .inProgress)) }
        await #expect(throws: CallStoreError.full(limit: 3)) { try await store.open(Self.record(4)) }
        for number in [3, 1] {
            let change = CallChange(at: Self.time(10), .finish(.agentHangup))
            _ = try await store.change(.provider("CA\(number)"), change, identity: nil, orOpen: nil)
        }
        _ = try await store.open(Self.record(4))
        _ = try await store.open(Self.record(5))
        var kept: [Int] = []
        for number in 1...5 where try await store.record(of: .provider("CA\(number)")) != nil { kept.append(number) }
        #expect(kept == [2, 4, 5])
        await #expect(throws: CallStoreError.full(limit: 3)) { try await store.open(Self.record(6)) }
    }

    @Test("Events and turns stay in their order and within their bounds; those of an unknown call are not kept")
    func appended() async throws {
        let store = MemoryCallStore(.init(eventsPerCall: 2, turnsPerCall: 1))
        let record = Self.record(1)
        _ = try await store.open(record)
        let events = [CallHappening.callAnswered, .audioFirstCaller, .drainAsked].map {
            CallEvent(at: Self.time(1), call: record.id, component: "call", $0)
        }
        try await store.append(events)
        let turns = ["a", "b"].map {
            TranscriptTurn(speaker: .caller, text: $0, startMilliseconds: 0, endMilliseconds: 1)
        }
        try await store.append(turns, to: record.id)
        try await store.append(turns, to: Self.record(2).id)
        #expect(try await store.events(of: .provider("CA1")) == Array(events.prefix(2)))
        #expect(try await store.transcript(of: .id(record.id)) == [turns[0]])
        #expect(try await store.events(of: .provider("CA2")) == nil)
    }

    @Test("Lists come newest first, page by page, and every call once", arguments: [1, 2, 3, 7, 8])
    func pages(limit: Int) async throws {
        let store = MemoryCallStore()
        for number in [3, 1, 7, 5, 2, 6, 4] { _ = try await store.open(Self.record(number)) }
        var seen: [String] = []
        var after: CallID?
        repeat {
            let page = try await store.records(matching: CallFilter(), page: .init(after: after, limit: limit))
            #expect(page.records.count <= limit)
            seen += page.records.compactMap(\.providerCallID)
            after = page.next
        } while after != nil
        #expect(seen == (1...7).reversed().map { "CA\($0)" })
    }

    @Test(
        "A filter takes what fits all of it",
        arguments: [
            (CallFilter(status: .inProgress), ["CA3", "CA1"]), (CallFilter(agent: "a"), ["CA2", "CA1"]),
            (CallFilter(status: .inProgress, agent: "a"), ["CA1"]), (CallFilter(from: "+15550001002"), ["CA2"]),
            (CallFilter(since: UTCTime(millisecondsSince1970: 1_768_473_002_000)), ["CA3", "CA2"]),
        ])
    func filtered(filter: CallFilter, expected: [String]) async throws {
        let store = MemoryCallStore()
        _ = try await store.open(Self.record(1, status: .inProgress, agent: "a"))
        _ = try await store.open(Self.record(2, agent: "a"))
        _ = try await store.open(Self.record(3, status: .inProgress, agent: "b"))
        let page = try await store.records(matching: filter, page: .init())
        #expect(page.records.compactMap(\.providerCallID) == expected)
    }
}
