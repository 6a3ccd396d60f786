public import CallCore
public import Timeline

extension SQLiteCallStore {
    /// How long things are kept; nil keeps them for ever.
    public struct Retention: Hashable, Sendable {
        public var calls: Duration?
        public var transcripts: Duration?

        public init(calls: Duration?, transcripts: Duration?) {
            self.calls = calls
            self.transcripts = transcripts
        }
    }

    /// Messages come again within hours, and writes within minutes.
    private static let messages = Duration.seconds(30 * 86_400)
    private static let writes = Duration.seconds(86_400)

    /// Forgets a little of what is older than it should be. A step holds up nobody; true while there is more to do.
    public func prune(_ retention: Retention, at now: UTCTime) async throws(CallStoreError) -> Bool {
        // A write that waits in the spool may be one that succeeded.
        let keepsWrites = spoolReading.map { $0.depth > 0 } ?? false
        return try await write(.prune) { connection throws(CallStoreError) in
            let pruning = Pruning(connection: connection, now: now)
            var hasMore = false
            if let age = retention.calls {
                if try pruning.calls(olderThan: age) { hasMore = true }
                if try pruning.errors(olderThan: age) { hasMore = true }
            }
            if let age = retention.transcripts, try pruning.transcripts(olderThan: age) { hasMore = true }
            if try pruning.messages(olderThan: Self.messages) { hasMore = true }
            if try pruning.keys(olderThan: IdempotencyRules.lifetime) { hasMore = true }
            if !keepsWrites, try pruning.writes(olderThan: Self.writes) { hasMore = true }
            return hasMore
        }
    }
}

/// Small steps of forgetting, each true while there is more.
struct Pruning {
    /// Rows a step.
    private static let step = 200

    let connection: SQLiteConnection
    let now: UTCTime

    private func cutoff(_ age: Duration) -> UTCTime {
        UTCTime(millisecondsSince1970: now.millisecondsSince1970 - age.wholeNanoseconds / 1_000_000)
    }

    /// With all that belongs to them. Open ones stay, however old.
    func calls(olderThan age: Duration) throws(CallStoreError) -> Bool {
        try connection.run(
            """
            DELETE FROM calls WHERE number IN
                (SELECT number FROM calls WHERE ended_at < ? ORDER BY ended_at, number LIMIT 20)
            """, SQLiteValue(cutoff(age)))
        return connection.changes > 0
    }

    func errors(olderThan age: Duration) throws(CallStoreError) -> Bool {
        try connection.run(
            "DELETE FROM errors WHERE id IN (SELECT id FROM errors WHERE last_seen < ? ORDER BY last_seen, id LIMIT 200)",
            SQLiteValue(cutoff(age)))
        return connection.changes > 0
    }

    /// In the order of their calls' ends. How far it came is kept, so that a day looks at the calls of a day.
    func transcripts(olderThan age: Duration) throws(CallStoreError) -> Bool {
        let name = "transcripts_pruned_to"
        let reached = try connection.first("SELECT value FROM house WHERE name = ?", [.text(name)]) {
            Int64($0.text(0))
        }
        let calls = try connection.all(
            """
            SELECT number, ended_at FROM calls WHERE ended_at >= ? AND ended_at < ?
            ORDER BY ended_at, number LIMIT \(Self.step)
            """, [.integer((reached ?? nil) ?? 0), SQLiteValue(cutoff(age))]
        ) { (number: $0.integer(0), endedAt: $0.integer(1)) }
        for call in calls { try connection.run("DELETE FROM call_turns WHERE call = ?", .integer(call.number)) }
        guard let last = calls.last else { return false }
        // Of those that ended in the very same millisecond some may be left over: all of a millisecond are few.
        let isFull = calls.count == Self.step && calls.first?.endedAt != last.endedAt
        let next = isFull ? last.endedAt : last.endedAt + 1
        try connection.run("INSERT OR REPLACE INTO house VALUES (?, ?)", .text(name), .text("\(next)"))
        return true
    }

    func messages(olderThan age: Duration) throws(CallStoreError) -> Bool {
        try connection.run(
            """
            DELETE FROM webhook_inbox WHERE number IN
                (SELECT number FROM webhook_inbox ORDER BY number LIMIT 200) AND at < ?
            """, SQLiteValue(cutoff(age)))
        return connection.changes > 0
    }

    func keys(olderThan age: Duration) throws(CallStoreError) -> Bool {
        try connection.run(
            "DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency WHERE at < ? ORDER BY at LIMIT 200)",
            SQLiteValue(cutoff(age)))
        return connection.changes > 0
    }

    func writes(olderThan age: Duration) throws(CallStoreError) -> Bool {
        try connection.run(
            "DELETE FROM writes WHERE id IN (SELECT id FROM writes WHERE id < ? LIMIT 200)",
            SQLiteValue(CallID.least(at: cutoff(age))))
        return connection.changes > 0
    }
}
