import CallCore
import CallStore
import Testing
import Timeline
import Wording

@Suite("Calls that wait to be dialled")
struct DiallingTests {
    private typealias Store = any CallStoring & CallClaiming & DialKeeping

    private static let beginning = UTCTime(rfc3339: "2026-01-15T10:30:00Z")!

    private static func at(_ milliseconds: Int64) -> UTCTime {
        UTCTime(millisecondsSince1970: beginning.millisecondsSince1970 + milliseconds)
    }

    private static func order(_ number: UInt64, due: Int64 = 0, expires: Int64? = nil) -> (DialOrder, CallRecord) {
        let id = CallID(at: at(0), random: (0, number))
        let order = DialOrder(
            call: id, from: PhoneNumber("+15550002222"), to: PhoneNumber("+1555000111\(number)"),
            base: "https://pb.example.com", due: at(due), expires: expires.map(at), limitSeconds: 60)
        var record = CallRecord(
            id: id, providerCallID: nil, direction: .outbound, status: .queued, from: order.from, to: order.to,
            createdAt: at(0))
        record.agent = "default"
        return (order, record)
    }

    private func order(
        _ number: UInt64, due: Int64 = 0, expires: Int64? = nil, key: String? = nil, digest: String = "d",
        in store: Store, _ rules: DialRules = Self.fast, at time: Int64 = 0
    ) async throws -> DialKept {
        let (order, record) = Self.order(number, due: due, expires: expires)
        return try await store.order(
            order, opening: record, under: key.flatMap { IdempotencyKey($0, digest: digest) }, within: rules,
            at: Self.at(time))
    }

    private static let fast: DialRules = {
        var rules = DialRules()
        rules.callsPerSecond = 0
        return rules
    }()

    private static func numbers(_ claim: DialClaim) -> String? {
        guard case .dial(let order, _) = claim else { return nil }
        return order.to.unmasked
    }

    @Test("Orders are given out by their times, each once", arguments: StoreKind.allCases)
    func once(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let epoch = try await store.enter("a", at: .zero)
            for (number, due) in [(1, 5_000), (2, 0), (3, 1_000)] as [(UInt64, Int64)] {
                _ = try await order(number, due: due, in: store)
            }
            var claims: [String?] = []
            for time in [0, 0, 1_000, 5_000, 5_000] as [Int64] {
                claims.append(
                    Self.numbers(try await store.claimDial(for: epoch, within: Self.fast, at: Self.at(time))))
            }
            #expect(claims == ["+15550001112", nil, "+15550001113", "+15550001111", nil])
            let next = try await store.claimDial(for: epoch, within: Self.fast, at: Self.at(9_000))
            #expect(next == .nothing)
        }
    }

    @Test("Two nodes get no order twice, and share one pace", arguments: StoreKind.allCases)
    func pace(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let nodes = [try await store.enter("a", at: .zero), try await store.enter("b", at: .zero)]
            var rules = DialRules()
            rules.callsPerSecond = 2
            for number in 1...3 { _ = try await order(UInt64(number), in: store, rules) }
            func claim(_ node: Int, _ time: Int64) async throws -> DialClaim {
                try await store.claimDial(for: nodes[node], within: rules, at: Self.at(time))
            }
            guard case .dial = try await claim(0, 0) else { throw TestFailure() }
            #expect(try await claim(1, 1) == .wait(until: Self.at(500)))
            #expect(try await claim(0, 499) == .wait(until: Self.at(500)))
            guard case .dial(let second, nil) = try await claim(1, 500) else { throw TestFailure() }
            #expect(second.to.unmasked == "+15550001112")
            #expect(try await claim(1, 600) == .wait(until: Self.at(1_000)))
        }
    }

    private struct TestFailure: Error {}

    @Test("An order of a dead node is given out again, with the time of its attempt", arguments: StoreKind.allCases)
    func orphans(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let dead = try await store.enter("a", at: .zero)
            _ = try await order(1, in: store)
            _ = try await store.claimDial(for: dead, within: Self.fast, at: Self.at(7))
            let living = try await store.enter("b", at: .zero)
            let before = try await store.claimDial(for: living, within: Self.fast, at: Self.at(8))
            #expect(before == .nothing)
            try await store.leave(dead)
            let claim = try await store.claimDial(for: living, within: Self.fast, at: Self.at(9))
            guard case .dial(let order, let triedAt) = claim else { throw TestFailure() }
            #expect(order.to.unmasked == "+15550001111" && triedAt == Self.at(7))
            try await store.settleDial(of: order.call)
            try await store.leave(living)
            let last = try await store.enter("c", at: .zero)
            #expect(try await store.claimDial(for: last, within: Self.fast, at: Self.at(9)) == .nothing)
        }
    }

    @Test("What waits is counted by its turn, beside what is being carried out", arguments: StoreKind.allCases)
    func queue(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let epoch = try await store.enter("a", at: .zero)
            #expect(try await store.dialQueue() == DialQueue())
            for (number, due) in [(1, 5_000), (2, 0), (3, 1_000)] as [(UInt64, Int64)] {
                _ = try await order(number, due: due, in: store)
            }
            var queue = try await store.dialQueue()
            #expect(queue.waiting == 3 && queue.dialling == 0)
            #expect(queue.first == DialQueue.First(call: Self.order(2).0.call, due: Self.at(0)))
            _ = try await store.claimDial(for: epoch, within: Self.fast, at: Self.at(0))
            queue = try await store.dialQueue()
            #expect(queue.waiting == 2 && queue.dialling == 1)
            #expect(queue.first == DialQueue.First(call: Self.order(3).0.call, due: Self.at(1_000)))
        }
    }

    @Test("A key makes one call, until it is a day old", arguments: StoreKind.allCases)
    func keys(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            guard case .kept(let record) = try await order(1, key: "k", in: store) else { throw TestFailure() }
            let known = KeptKey(digest: "d", call: record.id, answer: nil, at: Self.at(0))
            #expect(try await order(2, key: "k", digest: "other", in: store) == .known(known))
            let key = try #require(IdempotencyKey("k", digest: "d"))
            try await store.keep(answer: "first", under: key)
            try await store.keep(answer: "second", under: key)
            guard case .known(let answered) = try await order(2, key: "k", in: store) else { throw TestFailure() }
            #expect(answered.answer == "first")
            #expect(try await store.record(of: .id(Self.order(2).0.call)) == nil)
            guard case .kept = try await order(2, key: "k", in: store, at: 86_400_000) else { throw TestFailure() }
        }
    }

    @Test("What was answered to an order is forgotten with the call that is erased", arguments: StoreKind.allCases)
    func erased(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            _ = try await order(1, key: "k", in: store)
            try await store.keep(answer: "+15550001111", under: try #require(IdempotencyKey("k", digest: "d")))
            let call = Self.order(1).0.call
            _ = try await store.cancelDial(of: call, at: Self.at(1))
            _ = try await store.erase(.id(call), at: Self.at(2))
            guard case .known(let known) = try await order(2, key: "k", in: store) else { throw TestFailure() }
            #expect(known.answer == nil && known.call == call)
        }
    }

    @Test("As many wait as may, and a key that was used is known all the same", arguments: StoreKind.allCases)
    func full(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            var rules = DialRules()
            rules.expires = .seconds(1)
            _ = try await order(1, key: "k", in: store, rules)
            #expect(try await order(2, in: store, rules) == .full(limit: 1))
            guard case .known = try await order(2, key: "k", in: store, rules) else { throw TestFailure() }
        }
    }

    @Test("A call that waits can be canceled, and is not dialled then", arguments: StoreKind.allCases)
    func cancelled(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let epoch = try await store.enter("a", at: .zero)
            _ = try await order(1, in: store)
            _ = try await order(2, in: store)
            let first = Self.order(1).0.call
            let record = try #require(try await store.cancelDial(of: first, at: Self.at(5)))
            #expect(record.status == .canceled && record.endReason == .canceled)
            #expect(try await store.cancelDial(of: first, at: Self.at(5)) == nil)
            let claim = try await store.claimDial(for: epoch, within: Self.fast, at: Self.at(6))
            #expect(Self.numbers(claim) == "+15550001112")
            // With the carrier at this moment: it ends once it has a name.
            let second = try #require(try await store.cancelDial(of: Self.order(2).0.call, at: Self.at(7)))
            #expect(second.status == .queued && second.decidedEnd == .canceled)
        }
    }

    @Test("A call that somebody else ended is not dialled", arguments: StoreKind.allCases)
    func ended(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let epoch = try await store.enter("a", at: .zero)
            _ = try await order(1, in: store)
            let change = CallChange(at: Self.at(1), .finish(.canceled))
            _ = try await store.keep(CallFacts(of: .id(Self.order(1).0.call), by: "test", [.change(change)]))
            #expect(try await store.claimDial(for: epoch, within: Self.fast, at: Self.at(2)) == .nothing)
        }
    }

    @Test("The day's minutes are those of calls that were answered", arguments: StoreKind.allCases)
    func minutes(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let epoch = try await store.enter("a", at: .zero)
            var rules = Self.fast
            rules.minutesPerDay = 2
            _ = try await order(1, in: store, rules)
            let call = Self.order(1).0.call
            let answer = CallChange(at: Self.at(0), .advance(to: .inProgress))
            _ = try await store.keep(CallFacts(of: .id(call), by: "test", [.change(answer)]))
            // It goes on, so its minutes grow.
            guard case .kept = try await order(2, in: store, rules, at: 119_000) else { throw TestFailure() }
            #expect(try await order(3, in: store, rules, at: 120_000) == .spent(minutes: 2))
            let claim = try await store.claimDial(for: epoch, within: rules, at: Self.at(119_000))
            guard case .dial(let first, _) = claim else { throw TestFailure() }
            try await store.settleDial(of: first.call)
            let late = try await store.claimDial(for: epoch, within: rules, at: Self.at(121_000))
            #expect(late == .wait(until: UTCTime(rfc3339: "2026-01-16T00:00:00Z")!))
            // The next day has its own.
            guard case .kept = try await order(4, in: store, rules, at: 86_400_000) else { throw TestFailure() }
        }
    }

    @Test("An order that expired while the pace held it back is given out, to be ended", arguments: StoreKind.allCases)
    func expired(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let epoch = try await store.enter("a", at: .zero)
            var rules = DialRules()
            rules.callsPerSecond = 1
            _ = try await order(1, in: store, rules)
            _ = try await order(2, expires: 400, in: store, rules)
            _ = try await store.claimDial(for: epoch, within: rules, at: Self.at(0))
            let held = try await store.claimDial(for: epoch, within: rules, at: Self.at(1))
            #expect(held == .wait(until: Self.at(400)))
            let over = try await store.claimDial(for: epoch, within: rules, at: Self.at(400))
            #expect(Self.numbers(over) == "+15550001112")
        }
    }
}
