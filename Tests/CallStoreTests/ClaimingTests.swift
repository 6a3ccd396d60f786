import CallCore
import CallStore
import Testing
import Timeline

@Suite("Who answers for a call")
struct ClaimingTests {
    private typealias Store = any CallStoring & CallClaiming

    private static func at(_ seconds: Int) -> Instant { Instant(nanoseconds: Int64(seconds) * 1_000_000_000) }

    /// The facts of those who run the call.
    private func facts(
        _ record: CallRecord, owner: NodeEpoch, _ status: CallChange.Status? = .advance(to: .inProgress),
        stream: String? = nil
    ) -> CallFacts {
        var change = CallChange(at: Sample.time(2), status)
        change.streamID = stream
        var facts = CallFacts(of: .id(record.id), by: "test", orOpen: record, [.change(change)])
        facts.owner = owner
        return facts
    }

    private func open(_ record: CallRecord, in store: Store, owner: NodeEpoch) async throws {
        _ = try await store.keep(facts(record, owner: owner, stream: "MZ1"))
    }

    private func holders(_ store: Store, _ epoch: NodeEpoch) async throws -> [OpenCall.Holder] {
        try await store.openCalls(seenBy: epoch, after: nil, limit: 100).map(\.holder)
    }

    @Test("Each life of a node has a higher epoch, also after the one before has left", arguments: StoreKind.allCases)
    func epochs(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let first = try await store.enter("a", at: Self.at(0))
            let second = try await store.enter("a", at: Self.at(0))
            try await store.leave(second)
            let third = try await store.enter("b", at: Self.at(0))
            #expect(first < second && second < third)
        }
    }

    @Test(
        "Another node's call is its own until its lease has run out, and then it is claimed",
        arguments: StoreKind.allCases)
    func lease(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let dead = try await store.enter("a", at: Self.at(0))
            try await open(Sample.record(1), in: store, owner: dead)
            let heir = try await store.enter("b", at: Self.at(20))
            #expect(try await store.claimOrphans(for: heir, steadily: true, at: Self.at(29)) == 0)
            #expect(try await holders(store, heir) == [.another])
            #expect(try await store.renew(dead, at: Self.at(29)))
            #expect(try await store.claimOrphans(for: heir, steadily: true, at: Self.at(58)) == 0)
            #expect(try await store.claimOrphans(for: heir, steadily: true, at: Self.at(59)) == 1)
            let claimed = try await store.openCalls(seenBy: heir, after: nil, limit: 100)
            #expect(claimed.map(\.holder) == [.asker] && claimed.allSatisfy(\.wasClaimed))
            #expect(try await store.claimOrphans(for: heir, steadily: true, at: Self.at(59)) == 0)
        }
    }

    @Test("A node that slept until its calls were claimed has nothing kept any more", arguments: StoreKind.allCases)
    func fenced(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let sleeper = try await store.enter("a", at: Self.at(0))
            let record = Sample.record(1)
            try await open(record, in: store, owner: sleeper)
            let heir = try await store.enter("b", at: Self.at(60))
            _ = try await store.renew(heir, at: Self.at(60))
            #expect(try await store.claimOrphans(for: heir, steadily: true, at: Self.at(60)) == 1)
            let before = try await store.record(of: .id(record.id))

            #expect(try await !store.renew(sleeper, at: Self.at(61)))
            for late in [
                facts(record, owner: sleeper, .finish(.callerHangup)), facts(Sample.record(2), owner: sleeper),
            ] {
                await #expect(throws: CallStoreError.fenced) { try await store.keep(late) }
            }
            // Its next life answers for no call that was taken, either.
            let next = try await store.enter("a", at: Self.at(61))
            await #expect(throws: CallStoreError.fenced) {
                try await store.keep(facts(record, owner: next, .finish(.callerHangup)))
            }
            #expect(try await store.record(of: .id(record.id)) == before)
            #expect(try await store.record(of: .id(Sample.record(2).id)) == nil)
            _ = try await store.keep(facts(record, owner: heir, .finish(.nodeLost)))
            #expect(try await store.record(of: .id(record.id))?.endReason == .nodeLost)
        }
    }

    @Test("A node that slept and lost nothing goes on", arguments: StoreKind.allCases)
    func sleptAlone(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let epoch = try await store.enter("a", at: Self.at(0))
            let record = Sample.record(1)
            try await open(record, in: store, owner: epoch)
            #expect(try await store.renew(epoch, at: Self.at(90)))
            let kept = try await store.keep(facts(record, owner: epoch, .finish(.callerHangup)))
            #expect(kept.record?.endReason == .callerHangup)
        }
    }

    @Test("A node that leaves gives up its calls at once", arguments: StoreKind.allCases)
    func left(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let first = try await store.enter("a", at: Self.at(0))
            try await open(Sample.record(1), in: store, owner: first)
            let second = try await store.enter("b", at: Self.at(0))
            try await store.leave(first)
            #expect(try await holders(store, second) == [.nobody])
            #expect(try await store.claimOrphans(for: second, steadily: true, at: Self.at(1)) == 1)
        }
    }

    @Test("Of many who claim at once, one gets the call", arguments: StoreKind.allCases)
    func once(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let dead = try await store.enter("a", at: Self.at(0))
            for number in 1...5 { try await open(Sample.record(number), in: store, owner: dead) }
            try await store.leave(dead)
            let heirs = try await [NodeEpoch](unfolding: 8) { try await store.enter("b\($0)", at: Self.at(0)) }
            let claims = try await withThrowingTaskGroup(of: Int.self) { group in
                for heir in heirs {
                    group.addTask { try await store.claimOrphans(for: heir, steadily: true, at: Self.at(1)) }
                }
                return try await group.reduce(0, +)
            }
            #expect(claims == 5)
        }
    }

    @Test(
        "Whoever has the call's new stream answers for it; whoever had the old one does not",
        arguments: StoreKind.allCases)
    func resumed(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let first = try await store.enter("a", at: Self.at(0))
            let second = try await store.enter("b", at: Self.at(0))
            let record = Sample.record(1)
            try await open(record, in: store, owner: first)
            _ = try await store.keep(facts(record, owner: second, stream: "MZ2"))
            await #expect(throws: CallStoreError.fenced) {
                try await store.keep(facts(record, owner: first, .finish(.carrierFailed)))
            }
            let calls = try await store.openCalls(seenBy: second, after: nil, limit: 10)
            #expect(calls.map(\.holder) == [.asker] && !calls[0].wasClaimed)
            #expect(try await holders(store, first) == [.another])
        }
    }

    @Test("What the carrier reports is kept, whoever answers for the call", arguments: StoreKind.allCases)
    func reports(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let epoch = try await store.enter("a", at: Self.at(0))
            let record = Sample.record(1)
            try await open(record, in: store, owner: epoch)
            try await store.change(.provider("CA1"), CallChange(at: Sample.time(3), .carrier(.completed)))
            #expect(try await store.record(of: .id(record.id))?.endReason == .callerHangup)
            #expect(try await store.openCalls(seenBy: epoch, after: nil, limit: 10).isEmpty)
        }
    }

    @Test("Open calls come oldest first, page by page, and every one once", arguments: StoreKind.allCases)
    func pages(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let epoch = try await store.enter("a", at: Self.at(0))
            for number in 1...7 { try await open(Sample.record(number), in: store, owner: epoch) }
            var seen: [CallID] = []
            while true {
                let page = try await store.openCalls(seenBy: epoch, after: seen.last, limit: 3)
                seen += page.map(\.record.id)
                if page.count < 3 { break }
            }
            #expect(seen == (1...7).map { Sample.record($0).id })
        }
    }

    @Test("On one host a lock tells at once that a node is dead; one that is held does not save a lapsed lease")
    func locks() async throws {
        try await withFolder { folder in
            let path = "\(folder)/calls.db"
            try await withSQLite(.file(path)) { first in
                try await withSQLite(.file(path)) { second in
                    let now = SystemTime.now
                    let one = try await first.enter("a", at: now)
                    let two = try await second.enter("b", at: now)
                    try await open(Sample.record(1), in: first, owner: one)
                    #expect(try await second.claimOrphans(for: two, steadily: true, at: now) == 0)
                    #expect(try await first.claimOrphans(for: one, steadily: true, at: now) == 0)
                    #expect(try await holders(second, two) == [.another])
                    // As of a process that was killed: its lock is there, and nobody has it.
                    let dead = try await first.enter("c", at: now)
                    #expect(Files.exists("\(path).node-\(dead)") && !Files.exists("\(path).node-\(one)"))
                    try Files.write([], to: "\(path).node-\(one)")
                    #expect(try await second.claimOrphans(for: two, steadily: true, at: now) == 1)
                    #expect(!Files.exists("\(path).node-\(one)"))
                    // The lock of a process that is stopped is held, and its lease runs out.
                    try await open(Sample.record(2), in: first, owner: dead)
                    #expect(
                        try await second.claimOrphans(for: two, steadily: true, at: now.advanced(by: .seconds(29))) == 0
                    )
                    #expect(
                        try await second.claimOrphans(for: two, steadily: true, at: now.advanced(by: .seconds(30))) == 1
                    )
                }
            }
        }
    }
}

private enum SystemTime {
    /// A lease counts on the host's clock, which the store does not read.
    static let now = Instant(nanoseconds: 1_000_000_000_000)
}

extension Array {
    fileprivate init(unfolding count: Int, _ make: (Int) async throws -> Element) async rethrows {
        self = []
        for index in 0..<count { append(try await make(index)) }
    }
}
