internal import CallCore
internal import Timeline

/// The nodes that share the database, and which calls each answers for, as a connection sees them. A node that has left
/// or is dead has no row, and epochs only grow.
struct NodeTable {
    let connection: SQLiteConnection

    func enter(_ name: String, until: Instant) throws(CallStoreError) -> NodeEpoch {
        let epoch = NodeEpoch(try lastEpoch() + 1)
        try connection.run(
            "INSERT INTO nodes (epoch, name, run, lease_until) VALUES (?, ?, ?, ?)", .integer(epoch.number),
            .text(name),
            .text(HostClock.run), .integer(until.nanoseconds))
        try connection.run(
            "INSERT OR REPLACE INTO house (name, value) VALUES ('epoch', ?)", .text(epoch.description))
        return epoch
    }

    /// A damaged database may have lost one place that tells of it, or the other.
    private func lastEpoch() throws(CallStoreError) -> Int64 {
        let sql = """
            SELECT max(
                coalesce((SELECT max(epoch) FROM nodes), 0),
                coalesce((SELECT max(owner) FROM calls WHERE ended_at IS NULL), 0),
                coalesce((SELECT CAST(value AS INTEGER) FROM house WHERE name = 'epoch'), 0))
            """
        return try connection.first(sql, []) { $0.integer(0) } ?? 0
    }

    /// False when the node's row is gone.
    func renew(_ epoch: NodeEpoch, until: Instant) throws(CallStoreError) -> Bool {
        try connection.run(
            "UPDATE nodes SET lease_until = ? WHERE epoch = ?", .integer(until.nanoseconds), .integer(epoch.number))
        return connection.changes > 0
    }

    func remove(_ epoch: NodeEpoch) throws(CallStoreError) {
        try connection.run("DELETE FROM nodes WHERE epoch = ?", .integer(epoch.number))
    }

    func stands(_ epoch: NodeEpoch) throws(CallStoreError) -> Bool {
        try connection.first("SELECT 1 FROM nodes WHERE epoch = ?", [.integer(epoch.number)]) { $0.bool(0) } ?? false
    }

    /// All others, and until when each has its lease; nil when that was before the host began anew.
    func others(than epoch: NodeEpoch) throws(CallStoreError) -> [(epoch: NodeEpoch, until: Instant?)] {
        try connection.all(
            "SELECT epoch, run, lease_until FROM nodes WHERE epoch <> ?", [.integer(epoch.number)]
        ) { row in
            let until = row.text(1) == HostClock.run ? Instant(nanoseconds: row.integer(2)) : nil
            return (NodeEpoch(row.integer(0)), until)
        }
    }

    /// Takes away the rows of those who are dead, as this epoch judges, and returns them.
    func buryDead(
        for epoch: NodeEpoch, under lease: LeaseRules, steadily isSteady: Bool, at now: Instant,
        lock: (NodeEpoch) -> LeaseRules.Lock
    ) throws(CallStoreError) -> [NodeEpoch] {
        guard try stands(epoch) else { throw .fenced }
        var dead: [NodeEpoch] = []
        for other in try others(than: epoch) {
            let look = lock(other.epoch)
            guard !lease.isAlive(until: other.until, lock: look, judgedSteadily: isSteady, at: now) else { continue }
            try remove(other.epoch)
            dead.append(other.epoch)
        }
        return dead
    }

    /// Gives an epoch the open calls of those who have no row. Returns how many there were.
    func claimOrphans(for epoch: NodeEpoch) throws(CallStoreError) -> Int {
        try connection.run(
            """
            UPDATE calls SET owner = ?, was_claimed = 1
            WHERE ended_at IS NULL AND (owner IS NULL OR owner NOT IN (SELECT epoch FROM nodes))
            """, .integer(epoch.number))
        return connection.changes
    }

    /// Whether somebody else lives.
    func hasOthers(
        than epoch: NodeEpoch, under lease: LeaseRules, at now: Instant, lock: (NodeEpoch) -> LeaseRules.Lock
    ) throws(CallStoreError) -> Bool {
        try others(than: epoch).contains { other in
            lease.isAlive(until: other.until, lock: lock(other.epoch), judgedSteadily: true, at: now)
        }
    }

    func take(_ call: CallID, for epoch: NodeEpoch) throws(CallStoreError) -> Bool {
        try connection.run(
            """
            UPDATE calls SET owner = ?, was_claimed = 1
            WHERE id = ? AND ended_at IS NULL
                AND (was_claimed = 1 OR owner IS NULL OR owner NOT IN (SELECT epoch FROM nodes))
            """, .integer(epoch.number), SQLiteValue(call))
        return connection.changes > 0
    }

    /// The open calls after `last`, as this epoch sees them.
    func openCalls(
        seenBy epoch: NodeEpoch, after last: CallID?, limit: Int
    ) throws(CallStoreError) -> [OpenCall] {
        try connection.all(
            """
            SELECT record, owner, was_claimed, owner IN (SELECT epoch FROM nodes) FROM calls
            WHERE ended_at IS NULL AND id > ? ORDER BY id LIMIT ?
            """, [.text(last?.description ?? ""), SQLiteValue(limit)]
        ) { row throws(CallStoreError) in
            let holder: OpenCall.Holder =
                row.integer(1) == epoch.number ? .asker : row.bool(3) ? .another : .nobody
            return OpenCall(record: try CallTable.record(row.bytes(0)), holder: holder, wasClaimed: row.bool(2))
        }
    }
}
