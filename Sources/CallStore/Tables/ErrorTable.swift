internal import CallCore
internal import Digests
internal import Telemetry
internal import Timeline
internal import Wording

/// Errors, grouped by fingerprint, as a connection sees them.
struct ErrorTable {
    private static let columns =
        "id, code, component, severity, message, count, first_seen, last_seen, is_resolved, call, agent, number"

    let connection: SQLiteConnection

    /// Short and safe in a URL.
    static func id(of fingerprint: String) -> String {
        Hex.text(of: SHA256.digest(of: Array(fingerprint.utf8).span).prefix(12))
    }

    func absorb(_ record: ErrorRecord) throws(CallStoreError) {
        let report = record.report
        try connection.run(
            """
            INSERT INTO errors VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET
                severity = CASE WHEN 'critical' IN (severity, excluded.severity) THEN 'critical'
                    WHEN 'error' IN (severity, excluded.severity) THEN 'error' ELSE 'warning' END,
                message = excluded.message, count = count + excluded.count,
                first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen),
                is_resolved = 0, call = excluded.call, agent = excluded.agent, number = excluded.number
            """,
            .text(Self.id(of: record.fingerprint)), .text(report.code), .text(report.component),
            .text(report.severity.rawValue), .text(report.message), SQLiteValue(record.count),
            SQLiteValue(record.firstSeen), SQLiteValue(record.lastSeen), SQLiteValue(report.context.call),
            SQLiteValue(report.context.agent), SQLiteValue(report.context.number?.unmasked))
    }

    func page(_ request: ErrorPage.Request, matching filter: ErrorFilter) throws(CallStoreError) -> ErrorPage {
        var conditions: [String] = []
        var values: [SQLiteValue] = []
        func add(_ condition: String, _ these: SQLiteValue...) {
            conditions.append(condition)
            values += these
        }
        if let isResolved = filter.isResolved { add("is_resolved = ?", SQLiteValue(isResolved)) }
        if let severity = filter.severity { add("severity = ?", .text(severity)) }
        if let component = filter.component { add("component = ?", .text(component)) }
        if let after = request.after { add("(last_seen, id) < (?, ?)", SQLiteValue(after.lastSeen), .text(after.id)) }
        let limit = max(1, request.limit)
        let condition = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        let found = try connection.all(
            "SELECT \(Self.columns) FROM errors\(condition) ORDER BY last_seen DESC, id DESC LIMIT \(limit + 1)",
            values, Self.read)
        let errors = Array(found.prefix(limit))
        let last = errors.last.map { ErrorPage.Cursor(lastSeen: $0.lastSeen, id: $0.id) }
        return ErrorPage(errors: errors, next: found.count > limit ? last : nil)
    }

    func resolve(_ id: String, _ isResolved: Bool) throws(CallStoreError) -> KeptError? {
        try connection.run("UPDATE errors SET is_resolved = ? WHERE id = ?", SQLiteValue(isResolved), .text(id))
        return try connection.first("SELECT \(Self.columns) FROM errors WHERE id = ?", [.text(id)], Self.read)
    }

    private static func read(_ row: SQLiteRow) -> KeptError {
        KeptError(
            id: row.text(0), code: row.text(1), component: row.text(2), severity: row.text(3), message: row.text(4),
            count: Int(row.integer(5)), firstSeen: row.time(6), lastSeen: row.time(7), isResolved: row.bool(8),
            context: KeptError.Context(
                call: row.optionalText(9), agent: row.optionalText(10),
                number: row.optionalText(11).map { PhoneNumber($0) }))
    }
}
