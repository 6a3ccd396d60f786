internal import CallCore
internal import JSONWire
internal import Timeline
internal import Wording

/// Calls, with their events and what was said, as a connection sees them.
struct CallTable {
    /// A call as it stands in its row.
    struct Row {
        let number: Int64
        var record: CallRecord
        let isErased: Bool
        /// The epoch that answers for the call.
        var owner: NodeEpoch?
    }

    let connection: SQLiteConnection

    func row(of call: CallReference) throws(CallStoreError) -> Row? {
        switch call {
        case .id(let id):
            try connection.first(
                "SELECT number, is_erased, record, owner FROM calls WHERE id = ?", [SQLiteValue(id)], Self.read)
        case .provider(let name):
            try connection.first(
                "SELECT number, is_erased, record, owner FROM calls WHERE provider_call_id = ?", [.text(name)],
                Self.read)
        }
    }

    private static func read(_ row: SQLiteRow) throws(CallStoreError) -> Row {
        Row(
            number: row.integer(0), record: try record(row.bytes(2)), isErased: row.bool(1),
            owner: row.isNull(3) ? nil : NodeEpoch(row.integer(3)))
    }

    static func record(_ text: [UInt8]) throws(CallStoreError) -> CallRecord {
        try JSONText.read(text) { json throws(JSONError) in try CallRecord(json: json) }
    }

    // MARK: keeping

    /// One step of the facts, inside a transaction.
    ///
    /// - Parameters:
    ///   - node: The epoch that answers for a call that is opened by somebody who does not run it.
    ///   - isReplay: The facts were promised to be kept, so they are, whoever answers for the call by now.
    func keep(
        _ facts: CallFacts, openedBy node: NodeEpoch?, isReplay: Bool, at now: UTCTime,
        _ moment: HostMoment? = nil
    ) throws(CallStoreError) -> CallKept {
        var (row, isNew) = (try known(facts.names), false)
        if row == nil, let opening = facts.opening {
            let owner = try owner(opening: facts, node, isReplay: isReplay)
            row = Row(number: try insert(opening, owner), record: opening, isErased: false, owner: owner)
            isNew = true
        }
        guard var row else { return .unknownCall }
        if isReplay { try takeOver(facts, &row, told: now, moment) } else { try checkOwner(facts, &row) }
        if let moment, facts.bringsStream(to: row.record) { try streamBegan(row, at: moment) }
        if let identity = facts.identity {
            try connection.run(
                "INSERT OR IGNORE INTO webhook_inbox (identity, at) VALUES (?, ?)", .text(identity), SQLiteValue(now))
            guard connection.changes > 0 else {
                try append(facts.eventsOfRepetition(in: row.record), [], to: row)
                return .repeated(row.record)
            }
        }
        let before = row.record
        let outcome = facts.apply(to: &row.record, isNew: isNew)
        if row.isErased { row.record.erase() }
        if row.record != before { try update(row, providerChanged: row.record.providerCallID != before.providerCallID) }
        try append(outcome.events, outcome.turns, to: row)
        return .kept(row.record, opened: isNew, outcome)
    }

    private func known(_ names: [CallReference]) throws(CallStoreError) -> Row? {
        for name in names {
            if let row = try row(of: name) { return row }
        }
        return nil
    }

    private func insert(_ record: CallRecord, _ owner: NodeEpoch?) throws(CallStoreError) -> Int64 {
        try connection.run(
            """
            INSERT INTO calls (id, provider_call_id, status, agent, caller, created_at, ended_at, record, owner, is_dialled)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            SQLiteValue(record.id), SQLiteValue(record.providerCallID), .text(record.status.rawValue),
            SQLiteValue(record.agent), SQLiteValue(record.from?.unmasked), SQLiteValue(record.createdAt),
            SQLiteValue(record.endedAt), .text(JSONText.text(record.storedJSON)),
            owner.map { .integer($0.number) } ?? .null, SQLiteValue(record.direction == .outbound))
        return connection.lastInsertedRow
    }

    private func update(_ row: Row, providerChanged: Bool) throws(CallStoreError) {
        let record = row.record
        try connection.run(
            "UPDATE calls SET status = ?, agent = ?, caller = ?, ended_at = ?, record = ? WHERE number = ?",
            .text(record.status.rawValue), SQLiteValue(record.agent), SQLiteValue(record.from?.unmasked),
            SQLiteValue(record.endedAt), .text(JSONText.text(record.storedJSON)), .integer(row.number))
        guard providerChanged, let name = record.providerCallID else { return }
        // A carrier's name is one call's: who had it first keeps it.
        try connection.run(
            """
            UPDATE calls SET provider_call_id = ?1 WHERE number = ?2
            AND NOT EXISTS (SELECT 1 FROM calls WHERE provider_call_id = ?1)
            """, .text(name), .integer(row.number))
    }

    private func append(
        _ events: [CallEvent], _ turns: [TranscriptTurn], to row: Row
    ) throws(CallStoreError) {
        if !events.isEmpty {
            var place = try nextPlace("SELECT coalesce(max(place), 0) FROM call_events WHERE call = ?", row)
            for event in row.isErased ? events.map(\.erased) : events {
                try connection.run(
                    "INSERT INTO call_events VALUES (?, ?, ?, ?, ?, ?)", .integer(row.number), .integer(place),
                    SQLiteValue(event.at), .text(event.kind.rawValue), .text(event.component),
                    .text(JSONText.text(event.data)))
                place += 1
            }
        }
        guard !turns.isEmpty, !row.isErased else { return }
        var place = try nextPlace("SELECT coalesce(max(place), 0) FROM call_turns WHERE call = ?", row)
        for turn in turns {
            try connection.run(
                "INSERT INTO call_turns VALUES (?, ?, ?)", .integer(row.number), .integer(place),
                .text(JSONText.text(turn.json)))
            place += 1
        }
    }

    private func nextPlace(_ sql: String, _ row: Row) throws(CallStoreError) -> Int64 {
        (try connection.first(sql, [.integer(row.number)]) { $0.integer(0) } ?? 0) + 1
    }

    /// Inside a transaction.
    func erase(_ call: CallReference) throws(CallStoreError) -> CallErasure {
        guard var row = try row(of: call) else { return .unknownCall }
        guard row.record.status.isFinal else { return .live(row.record) }
        row.record.erase()
        try update(row, providerChanged: false)
        try connection.run("UPDATE calls SET is_erased = 1 WHERE number = ?", .integer(row.number))
        try connection.run("UPDATE call_events SET data = '{}' WHERE call = ?", .integer(row.number))
        try connection.run("DELETE FROM call_turns WHERE call = ?", .integer(row.number))
        // The answer to its order named the parties; who asks again is answered by the record.
        try connection.run("UPDATE idempotency SET answer = NULL WHERE call = ?", SQLiteValue(row.record.id))
        let names = [row.record.id.description, row.record.providerCallID ?? ""]
        try connection.run("UPDATE errors SET number = NULL WHERE call IN (?, ?)", .text(names[0]), .text(names[1]))
        connection.mustEmptyLog = true
        return .erased(row.record)
    }

    // MARK: reading

    func events(of call: CallReference) throws(CallStoreError) -> [CallEvent]? {
        try connection.snapshot { () throws(CallStoreError) in
            guard let row = try row(of: call) else { return nil }
            return try connection.all(
                "SELECT at, type, component, data FROM call_events WHERE call = ? ORDER BY place",
                [.integer(row.number)]
            ) { event throws(CallStoreError) in
                guard let kind = CallEvent.Kind(rawValue: event.text(1)) else {
                    throw .unreadable("no event is called '\(PeerText(event.text(1)))'")
                }
                let data = try JSONText.read(event.bytes(3)) { $0 }
                return CallEvent(
                    at: event.time(0), call: row.record.id, kind: kind, component: event.text(2), data: data)
            }
        }
    }

    func transcript(of call: CallReference) throws(CallStoreError) -> [TranscriptTurn]? {
        try connection.snapshot { () throws(CallStoreError) in
            guard let row = try row(of: call) else { return nil }
            return try connection.all(
                "SELECT turn FROM call_turns WHERE call = ? ORDER BY place", [.integer(row.number)]
            ) { turn throws(CallStoreError) in
                try JSONText.read(turn.bytes(0)) { json throws(JSONError) in try TranscriptTurn(json: json) }
            }
        }
    }

    func page(_ request: CallPage.Request, matching filter: CallFilter) throws(CallStoreError) -> CallPage {
        let query = CallQuery(request, filter)
        let found = try connection.all(query.sql, query.values) { row throws(CallStoreError) in
            try Self.record(row.bytes(0))
        }
        let records = Array(found.prefix(query.limit))
        return CallPage(records: records, next: found.count > query.limit ? records.last?.id : nil)
    }
}
