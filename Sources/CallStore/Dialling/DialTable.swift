internal import CallCore
internal import JSONWire
internal import Timeline

/// The calls that wait to be dialled, and the keys that they were ordered under, as a connection sees them.
struct DialTable {
    /// Of the house: when the next call may be dialled, by whichever node.
    private static let slot = "dial_slot"

    let connection: SQLiteConnection

    // MARK: ordering

    func order(
        _ order: DialOrder, opening record: CallRecord, under key: IdempotencyKey?, within rules: DialRules,
        openedBy node: NodeEpoch?, at now: UTCTime
    ) throws(CallStoreError) -> DialKept {
        if let key, let kept = try self.key(key), !IdempotencyRules.isExpired(kept.at, at: now) { return .known(kept) }
        guard try waiting() < rules.capacity else { return .full(limit: rules.capacity) }
        if let limit = rules.secondsPerDay, try dialledSeconds(on: now) >= limit {
            return .spent(minutes: rules.minutesPerDay)
        }
        if let key {
            try connection.run(
                "INSERT OR REPLACE INTO idempotency (key, digest, call, at) VALUES (?, ?, ?, ?)", .text(key.text),
                .text(key.digest), SQLiteValue(order.call), SQLiteValue(now))
        }
        try connection.run(
            "INSERT INTO dials (call, due, dial_order) VALUES (?, ?, ?)", SQLiteValue(order.call),
            SQLiteValue(order.due),
            .text(JSONText.text(order.json)))
        let facts = CallFacts(opening: record, by: "dialling")
        let kept = try CallTable(connection: connection).keep(facts, openedBy: node, isReplay: false, at: now)
        guard case .kept(let record, _, _) = kept else { throw .refused("a call of this id is there already") }
        return .kept(record)
    }

    private func key(_ key: IdempotencyKey) throws(CallStoreError) -> KeptKey? {
        try connection.first("SELECT digest, call, answer, at FROM idempotency WHERE key = ?", [.text(key.text)]) {
            row throws(CallStoreError) in
            guard let call = CallID(row.text(1)) else { throw .unreadable("the call of a key") }
            return KeptKey(digest: row.text(0), call: call, answer: row.optionalText(2), at: row.time(3))
        }
    }

    func keep(answer: String, under key: IdempotencyKey) throws(CallStoreError) {
        try connection.run(
            "UPDATE idempotency SET answer = ? WHERE key = ? AND digest = ? AND answer IS NULL", .text(answer),
            .text(key.text), .text(key.digest))
    }

    func waiting() throws(CallStoreError) -> Int {
        try connection.first("SELECT count(*) FROM dials WHERE owner IS NULL", []) { Int($0.integer(0)) } ?? 0
    }

    /// How long the calls that were dialled on that day (UTC) have lasted.
    func dialledSeconds(on now: UTCTime) throws(CallStoreError) -> Int {
        let calls = try connection.all(
            "SELECT record FROM calls WHERE is_dialled = 1 AND created_at >= ?",
            [.integer(now.startOfDay.millisecondsSince1970)]
        ) { row throws(CallStoreError) in try CallTable.record(row.bytes(0)) }
        return calls.reduce(0) { $0 + $1.dialledSeconds(at: now) }
    }

    // MARK: dialling

    func claim(
        for epoch: NodeEpoch?, within rules: DialRules, at now: UTCTime
    ) throws(CallStoreError) -> DialClaim {
        if let lost = try orphan() {
            try take(lost.order.call, for: epoch, at: lost.triedAt)
            return .dial(lost.order, triedAt: lost.triedAt)
        }
        guard let order = try next() else { return .nothing }
        if now < order.due { return .wait(until: order.due) }
        if !order.isExpired(at: now), let free = try takeSlot(rules, at: now) {
            return .wait(until: order.wake(free))
        }
        try take(order.call, for: epoch, at: now)
        return .dial(order, triedAt: nil)
    }

    static let nextQuery = """
        SELECT dials.dial_order, calls.ended_at IS NOT NULL FROM dials LEFT JOIN calls ON calls.id = dials.call
        WHERE dials.owner IS NULL ORDER BY dials.due, dials.call LIMIT 1
        """

    /// Whose turn it is. Orders whose calls were ended by somebody else leave the list when it is theirs.
    private func next() throws(CallStoreError) -> DialOrder? {
        while true {
            let first = try connection.first(Self.nextQuery, []) { row throws(CallStoreError) in
                (order: try Self.order(row.bytes(0)), isOver: row.bool(1))
            }
            guard let first, first.isOver else { return first?.order }
            try settle(first.order.call)
        }
    }

    static let orphanQuery = """
        SELECT dial_order, claimed_at FROM dials
        WHERE owner IS NOT NULL AND owner NOT IN (SELECT epoch FROM nodes) LIMIT 1
        """

    /// One that a node was about to carry out which is dead.
    private func orphan() throws(CallStoreError) -> (order: DialOrder, triedAt: UTCTime)? {
        try connection.first(Self.orphanQuery, []) { row throws(CallStoreError) in
            (try Self.order(row.bytes(0)), row.time(1))
        }
    }

    static let firstQuery = "SELECT call, due FROM dials WHERE owner IS NULL ORDER BY due, call LIMIT 1"

    func queue() throws(CallStoreError) -> DialQueue {
        var queue = DialQueue()
        queue.waiting = try waiting()
        queue.dialling =
            try connection.first("SELECT count(*) FROM dials WHERE owner IS NOT NULL", []) { Int($0.integer(0)) } ?? 0
        queue.first = try connection.first(Self.firstQuery, []) { row throws(CallStoreError) in
            guard let call = CallID(row.text(0)) else { throw .unreadable("the call of an order") }
            return DialQueue.First(call: call, due: row.time(1))
        }
        return queue
    }

    private func take(_ call: CallID, for epoch: NodeEpoch?, at time: UTCTime) throws(CallStoreError) {
        try connection.run(
            "UPDATE dials SET owner = ?, claimed_at = ? WHERE call = ?", .integer(epoch?.number ?? 0),
            SQLiteValue(time), SQLiteValue(call))
    }

    /// Nil: it is taken. Else when the next one is free.
    private func takeSlot(_ rules: DialRules, at now: UTCTime) throws(CallStoreError) -> UTCTime? {
        if let limit = rules.secondsPerDay, try dialledSeconds(on: now) >= limit { return now.startOfNextDay }
        let free = try connection.first("SELECT value FROM house WHERE name = ?", [.text(Self.slot)]) {
            Int64($0.text(0))
        }
        let pace = DialPace(rules, freeAt: (free ?? nil).map { UTCTime(millisecondsSince1970: $0) })
        switch pace.take(at: now) {
        case .wait(let until): return until
        case .taken(let next):
            try connection.run(
                "INSERT OR REPLACE INTO house VALUES (?, ?)", .text(Self.slot), .text("\(next.millisecondsSince1970)"))
            return nil
        }
    }

    func settle(_ call: CallID) throws(CallStoreError) {
        try connection.run("DELETE FROM dials WHERE call = ?", SQLiteValue(call))
    }

    func cancel(_ call: CallID, at now: UTCTime) throws(CallStoreError) -> CallRecord? {
        let owner = try connection.first("SELECT owner FROM dials WHERE call = ?", [SQLiteValue(call)]) { $0.isNull(0) }
        guard let isWaiting = owner else { return nil }
        if isWaiting { try settle(call) }
        // The carrier may be taking it at this moment: then it is ended as soon as it has a name.
        let change = CallChange(at: now, isWaiting ? .finish(.canceled) : .decide(.canceled))
        let facts = CallFacts(of: .id(call), by: "dialling", [.change(change)])
        let kept = try CallTable(connection: connection).keep(facts, openedBy: nil, isReplay: false, at: now)
        guard case .kept(let record, _, _) = kept else { return nil }
        return record
    }

    private static func order(_ text: [UInt8]) throws(CallStoreError) -> DialOrder {
        try JSONText.read(text) { json throws(JSONError) in try DialOrder(json: json) }
    }
}
