package import CallCore
package import Timeline

/// The real tables on a connection of their own, without a thread or a clock: whoever holds it runs each transaction to
/// its end. For simulations, whose threads, waits and failures are their own.
///
/// Why @unchecked: a world is turned by one thread.
package final class TurnedDatabase: @unchecked Sendable {
    private static let lease = LeaseRules()

    private let connection: SQLiteConnection

    /// Of an empty house.
    package init() throws(CallStoreError) {
        connection = try SQLiteConnection(":memory:", .memory, patience: .zero)
        try connection.configure(.memory)
        try Schema.migrate(connection)
    }

    private func transaction<Value>(
        _ body: () throws(CallStoreError) -> Value
    ) throws(CallStoreError) -> Value {
        var value: Value?
        try connection.transaction { () throws(CallStoreError) in value = try body() }
        guard let value else { throw .unavailable("a transaction gave nothing") }
        return value
    }

    private var calls: CallTable { CallTable(connection: connection) }
    private var dials: DialTable { DialTable(connection: connection) }
    private var nodes: NodeTable { NodeTable(connection: connection) }

    // MARK: writing

    package func keep(_ entry: SpoolEntry, openedBy node: NodeEpoch?) throws(CallStoreError) -> CallKept {
        try transaction { () throws(CallStoreError) in try calls.keep(entry, openedBy: node) ?? .later }
    }

    /// What a spool gives; returns how many of it are refused for good.
    package func replay(_ entries: [SpoolEntry], openedBy node: NodeEpoch?) throws(CallStoreError) -> Int {
        let refused = Refusals()
        let replay = SpoolReplay(entries, openedBy: node) { refused.take($0) }
        try transaction { () throws(CallStoreError) in try replay.run(on: connection) }
        replay.commit()
        return refused.count
    }

    package func enter(_ node: String, at now: Instant) throws(CallStoreError) -> NodeEpoch {
        try transaction { () throws(CallStoreError) in
            try nodes.enter(node, until: now.advanced(by: Self.lease.length))
        }
    }

    package func renew(_ epoch: NodeEpoch, at now: Instant) throws(CallStoreError) -> Bool {
        try transaction { () throws(CallStoreError) in
            try nodes.renew(epoch, until: now.advanced(by: Self.lease.length))
        }
    }

    package func leave(_ epoch: NodeEpoch) throws(CallStoreError) {
        try transaction { () throws(CallStoreError) in try nodes.remove(epoch) }
    }

    package func claimOrphans(
        for epoch: NodeEpoch, steadily isSteady: Bool, at now: Instant, lock: (NodeEpoch) -> LeaseRules.Lock
    ) throws(CallStoreError) -> Int {
        try transaction { () throws(CallStoreError) in
            _ = try nodes.buryDead(for: epoch, under: Self.lease, steadily: isSteady, at: now, lock: lock)
            return try nodes.claimOrphans(for: epoch)
        }
    }

    package func hasOthers(
        than epoch: NodeEpoch, at now: Instant, lock: (NodeEpoch) -> LeaseRules.Lock
    ) throws(CallStoreError) -> Bool {
        try nodes.hasOthers(than: epoch, under: Self.lease, at: now, lock: lock)
    }

    package func take(_ call: CallID, for epoch: NodeEpoch) throws(CallStoreError) -> Bool {
        try transaction { () throws(CallStoreError) in
            guard try nodes.stands(epoch) else { throw .fenced }
            return try nodes.take(call, for: epoch)
        }
    }

    package func erase(_ call: CallReference) throws(CallStoreError) -> CallErasure {
        try transaction { () throws(CallStoreError) in try calls.erase(call) }
    }

    // MARK: dialling

    package func order(
        _ order: DialOrder, opening record: CallRecord, under key: IdempotencyKey?, within rules: DialRules,
        openedBy node: NodeEpoch?, at now: UTCTime
    ) throws(CallStoreError) -> DialKept {
        try transaction { () throws(CallStoreError) in
            try dials.order(order, opening: record, under: key, within: rules, openedBy: node, at: now)
        }
    }

    package func keep(answer: String, under key: IdempotencyKey) throws(CallStoreError) {
        try transaction { () throws(CallStoreError) in try dials.keep(answer: answer, under: key) }
    }

    package func claimDial(
        for epoch: NodeEpoch?, holding held: Set<CallID>?, within rules: DialRules, at now: UTCTime
    ) throws(CallStoreError) -> DialClaim {
        try transaction { () throws(CallStoreError) in
            try dials.claim(for: epoch, holding: held, within: rules, at: now)
        }
    }

    package func dialQueue() throws(CallStoreError) -> DialQueue { try dials.queue() }

    package func settleDial(of call: CallID) throws(CallStoreError) {
        try transaction { () throws(CallStoreError) in try dials.settle(call) }
    }

    package func cancelDial(of call: CallID, at now: UTCTime) throws(CallStoreError) -> CallRecord? {
        try transaction { () throws(CallStoreError) in try dials.cancel(call, at: now) }
    }

    // MARK: reading

    package func openCalls(
        seenBy epoch: NodeEpoch, after last: CallID?, limit: Int
    ) throws(CallStoreError) -> [OpenCall] {
        try nodes.openCalls(seenBy: epoch, after: last, limit: limit)
    }

    package func record(of call: CallReference) throws(CallStoreError) -> CallRecord? {
        try calls.row(of: call)?.record
    }

    package func events(of call: CallReference) throws(CallStoreError) -> [CallEvent]? { try calls.events(of: call) }

    package func transcript(of call: CallReference) throws(CallStoreError) -> [TranscriptTurn]? {
        try calls.transcript(of: call)
    }

    package func page(
        _ request: CallPage.Request, matching filter: CallFilter
    ) throws(CallStoreError) -> CallPage {
        try calls.page(request, matching: filter)
    }

    // MARK: what nobody else asks

    /// Whether the epoch has its row.
    package func stands(_ epoch: NodeEpoch) throws(CallStoreError) -> Bool { try nodes.stands(epoch) }

    /// Who answers for a call.
    package func owner(of call: CallReference) throws(CallStoreError) -> NodeEpoch? { try calls.row(of: call)?.owner }

    /// Whether a message of this identity was taken in.
    package func hasTaken(_ identity: String) throws(CallStoreError) -> Bool {
        try connection.first("SELECT 1 FROM webhook_inbox WHERE identity = ?", [.text(identity)]) { $0.bool(0) }
            ?? false
    }

    /// What became of a replay.
    ///
    /// Why @unchecked: told within the call that began it.
    private final class Refusals: @unchecked Sendable {
        private(set) var count = 0

        func take(_ result: Result<[SpoolRefusal], CallStoreError>) {
            if case .success(let refusals) = result { count = refusals.count }
        }
    }
}
