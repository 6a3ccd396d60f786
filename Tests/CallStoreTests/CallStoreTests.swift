import CallCore
import CallStore
import JSONWire
import Testing
import Timeline
import Wording

@Suite("Call store, of each kind")
struct CallStoreTests {
    @Test("A call is found by our id and by the carrier's", arguments: StoreKind.allCases)
    func found(kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let record = Sample.record(1)
            guard case .kept(record, opened: true, _) = try await store.open(record) else {
                Issue.record("not opened")
                return
            }
            #expect(try await store.record(of: .id(record.id)) == record)
            #expect(try await store.record(of: .provider("CA1")) == record)
            #expect(try await store.record(of: .provider("CA2")) == nil)
            #expect(try await store.kinds(of: .id(record.id)) == [.callCreated])
        }
    }

    @Test("A call that the carrier names twice is one call, under whichever of our ids", arguments: StoreKind.allCases)
    func openedTwice(kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let first = Sample.record(1)
            try await store.open(first)
            let second = CallRecord(
                id: CallID(at: Sample.time(9), random: (0, 0)), providerCallID: "CA1", direction: .inbound,
                status: .ringing, createdAt: Sample.time(9))
            guard case .kept(first, opened: false, _) = try await store.open(second) else {
                Issue.record("opened twice")
                return
            }
            // Told under the id that nobody knows, once with the record and once with the carrier's name alone.
            var facts = CallFacts(of: .id(second.id), by: "test", [.event(Sample.event(.drainAsked, of: second))])
            #expect(try await store.keep(facts) == .unknownCall)
            facts.providerCallID = "CA1"
            _ = try await store.keep(facts)
            let events = try #require(try await store.events(of: .id(first.id)))
            #expect(events.map(\.kind) == [.callCreated, .drainAsked])
            #expect(events.allSatisfy { $0.call == first.id })
        }
    }

    @Test("A change and the events that follow from it are one step, and name who told", arguments: StoreKind.allCases)
    func oneStep(kind: StoreKind) async throws {
        try await withStore(kind) { store in
            try await store.open(Sample.record(1))
            let webhook = CallFacts.Telling.webhook(path: "/p", status: "s", at: Sample.time(7))
            let statuses: [CallStatus] = [.inProgress, .ringing, .completed, .completed, .failed]
            for status in statuses {
                try await store.change(
                    .provider("CA1"), CallChange(at: Sample.time(2), .carrier(status)), telling: webhook)
            }
            let events = try #require(try await store.events(of: .provider("CA1")))
            #expect(
                events.map(\.kind) == [
                    .callCreated, .callAnswered, .webhookOutOfOrder, .callFinal, .webhookDuplicate, .webhookOutOfOrder,
                ])
            #expect(events.dropFirst().allSatisfy { $0.at == Sample.time(7) && $0.component == "test" })
        }
    }

    @Test("Of many endings at once, exactly one is written, and told once", arguments: StoreKind.allCases)
    func oneEnding(kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let record = Sample.record(1, status: .inProgress)
            try await store.open(record)
            let effects = try await withThrowingTaskGroup(of: [StatusEffect].self) { group in
                for reason in EndReason.allCases {
                    group.addTask {
                        try await store.change(.id(record.id), CallChange(at: Sample.time(5), .finish(reason))).effects
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            let written = effects.compactMap { if case .finished(let reason) = $0 { reason } else { nil } }
            #expect(written.count == 1)
            #expect(try await store.record(of: .id(record.id))?.endReason == written.first)
            #expect(try await store.kinds(of: .id(record.id)) == [.callCreated, .callFinal])
        }
    }

    @Test("A message that comes twice changes a record once, and is noted", arguments: StoreKind.allCases)
    func repeated(kind: StoreKind) async throws {
        try await withStore(kind) { store in
            try await store.open(Sample.record(1))
            let change = CallChange(at: Sample.time(2), .carrier(.inProgress))
            let webhook = CallFacts.Telling.webhook(path: "/p", status: "in-progress", at: Sample.time(3))
            let first = try await store.change(.provider("CA1"), change, identity: "m1", telling: webhook)
            let again = try await store.change(.provider("CA1"), change, identity: "m1", telling: webhook)
            #expect(first.effects == [.advanced(to: .inProgress)])
            #expect(try again == .repeated(#require(first.record)))
            #expect(try await store.kinds(of: .provider("CA1")) == [.callCreated, .callAnswered, .webhookDuplicate])
        }
    }

    @Test("A change of a call that nobody has seen opens it, if that is wanted", arguments: StoreKind.allCases)
    func unseen(kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let change = CallChange(at: Sample.time(2), .carrier(.completed))
            #expect(try await store.change(.provider("CA1"), change) == .unknownCall)
            let opened = try await store.change(.provider("CA1"), change, orOpen: Sample.record(1))
            #expect(opened.effects == [.finished(.callerHangup)])
            #expect(try await store.record(of: .provider("CA1")) == opened.record)
        }
    }

    @Test("A call gets the carrier's name later; one name is one call's", arguments: StoreKind.allCases)
    func namedLater(kind: StoreKind) async throws {
        try await withStore(kind) { store in
            try await store.open(Sample.record(1))
            let dialled = CallRecord(
                id: CallID(at: Sample.time(2), random: (0, 0)), providerCallID: nil, direction: .outbound,
                status: .queued, createdAt: Sample.time(2))
            try await store.open(dialled)
            for name in ["CA2", "CA1"] {
                var change = CallChange(at: Sample.time(3))
                change.providerCallID = name
                try await store.change(.id(dialled.id), change)
            }
            #expect(try await store.record(of: .provider("CA2"))?.id == dialled.id)
            #expect(try await store.record(of: .provider("CA1"))?.id == Sample.record(1).id)
        }
    }

    @Test("Events and turns stay in their order; those of an unknown call are not kept", arguments: StoreKind.allCases)
    func appended(kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let record = Sample.record(1)
            try await store.open(record)
            let happenings = [CallHappening.callAnswered, .dtmf(count: 3), .drainAsked]
            for happening in happenings {
                let event = Sample.event(happening, of: record)
                _ = try await store.keep(
                    CallFacts(
                        of: .id(record.id), by: "call", [.event(event), .turn(Sample.turn("\(happening.kind)"))]))
            }
            let events = try #require(try await store.events(of: .provider("CA1")))
            #expect(events.dropFirst() == happenings.map { Sample.event($0, of: record) }[...])
            #expect(try await store.transcript(of: .id(record.id)) == happenings.map { Sample.turn("\($0.kind)") })
            let unknown = CallFacts(of: .provider("CA2"), by: "call", [.turn(Sample.turn("x"))])
            #expect(try await store.keep(unknown) == .unknownCall)
            #expect(try await store.events(of: .provider("CA2")) == nil)
            #expect(try await store.transcript(of: .provider("CA2")) == nil)
        }
    }

    @Test("Lists come newest first, page by page, and every call once", arguments: StoreKind.allCases, [1, 2, 3, 7, 8])
    func pages(kind: StoreKind, limit: Int) async throws {
        try await withStore(kind) { store in
            for number in [3, 1, 7, 5, 2, 6, 4] { try await store.open(Sample.record(number)) }
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
    }

    @Test(
        "A filter takes what fits all of it", arguments: StoreKind.allCases,
        [
            (CallFilter(status: .inProgress), ["CA3", "CA1"]), (CallFilter(agent: "a"), ["CA2", "CA1"]),
            (CallFilter(status: .inProgress, agent: "a"), ["CA1"]), (CallFilter(from: "+15550001002"), ["CA2"]),
            (CallFilter(since: Sample.time(2)), ["CA3", "CA2"]),
            (CallFilter(status: .ringing, agent: "a", from: "+15550001002", since: Sample.time(2)), ["CA2"]),
        ])
    func filtered(kind: StoreKind, asked: (CallFilter, [String])) async throws {
        try await withStore(kind) { store in
            try await store.open(Sample.record(1, status: .inProgress, agent: "a"))
            try await store.open(Sample.record(2, agent: "a"))
            try await store.open(Sample.record(3, status: .inProgress, agent: "b"))
            let page = try await store.records(matching: asked.0, page: .init())
            #expect(page.records.compactMap(\.providerCallID) == asked.1)
        }
    }

    @Test(
        "An erased call keeps that it was and how it ended; what comes late is not kept", arguments: StoreKind.allCases)
    func erased(kind: StoreKind) async throws {
        try await withStore(kind) { store in
            var record = Sample.record(1, status: .inProgress)
            record.variables = JSONObject([.init(name: "name", value: .string("Ann"))])
            let call = CallReference.id(record.id)
            try await store.open(record)
            let said = CallFacts.Step.turn(Sample.turn("I am Ann"))
            let warning = CallHappening.upstreamWarning(.openAI, code: "c", message: "Ann")
            let facts = CallFacts(of: call, by: "t", [said, .event(Sample.event(warning, of: record))])
            _ = try await store.keep(facts)
            guard case .live = try await store.erase(call, at: Sample.time(9)) else {
                Issue.record("a live call was erased")
                return
            }
            try await store.change(call, CallChange(at: Sample.time(8), .finish(.agentHangup)))
            guard case .erased(let bare) = try await store.erase(call, at: Sample.time(9)) else {
                Issue.record("not erased")
                return
            }
            _ = try await store.keep(facts)
            var late = CallChange(at: Sample.time(9))
            late.carrier = CallRecord.Carrier(price: "0.01 USD")
            late.from = PhoneNumber("+15550009999")
            try await store.change(call, late)

            let kept = try #require(try await store.record(of: call))
            #expect(kept.from == nil && kept.variables.members.isEmpty && kept.carrier.price == "0.01 USD")
            #expect(bare.status == .completed && kept.endReason == .agentHangup && kept.createdAt == record.createdAt)
            #expect(try await store.transcript(of: call) == [])
            let events = try #require(try await store.events(of: call))
            #expect(events.map(\.kind) == [.callCreated, .upstreamWarning, .callFinal, .upstreamWarning])
            #expect(events.allSatisfy { $0.data.members.isEmpty })
            #expect(try await store.records(matching: CallFilter(from: "+15550001001"), page: .init()).records == [])
            #expect(try await store.erase(.provider("CA9"), at: Sample.time(9)) == .unknownCall)
        }
    }

    @Test("Of what was erased no byte is left in any file")
    func erasedBytes() async throws {
        try await withFolder { folder in
            try await withSQLite(.file("\(folder)/calls.db")) { store in
                let record = Sample.record(1, status: .inProgress)
                let call = CallReference.id(record.id)
                try await store.open(record)
                _ = try await store.keep(CallFacts(of: call, by: "t", [.turn(Sample.turn("My name is Rumpelstilz"))]))
                try await store.change(call, CallChange(at: Sample.time(8), .finish(.agentHangup)))
                func filesThatTell() throws -> [String] {
                    try fileNames(in: folder).filter { name in
                        try String(decoding: Files.bytes("\(folder)/\(name)"), as: UTF8.self).contains("Rumpelstilz")
                    }
                }
                #expect(try filesThatTell() != [])
                _ = try await store.erase(call, at: Sample.time(9))
                #expect(try filesThatTell() == [])
            }
        }
    }
}
