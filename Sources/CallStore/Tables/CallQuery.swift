internal import CallCore
internal import Timeline

/// The SQL of a page of calls. Each filter has an index that is in the order of the list, so that a page costs what a
/// page holds, however many calls there are.
struct CallQuery {
    /// An id tells when its record began. The wall clock may have been set back in between, by so much at most.
    private static let clockSlack: Int64 = 60_000

    private(set) var sql: String
    private(set) var values: [SQLiteValue] = []
    let limit: Int

    init(_ request: CallPage.Request, _ filter: CallFilter) {
        limit = max(1, request.limit)
        sql = "SELECT record FROM calls"
        var conditions: [String] = []
        func add(_ condition: String, _ value: SQLiteValue) {
            conditions.append(condition)
            values.append(value)
        }
        if let status = filter.status { add("status = ?", .text(status.rawValue)) }
        if let agent = filter.agent { add("agent = ?", .text(agent)) }
        if let caller = filter.from { add("caller = ?", .text(caller)) }
        if let since = filter.since {
            add("created_at >= ?", SQLiteValue(since))
            let earliest = UTCTime(millisecondsSince1970: since.millisecondsSince1970 - Self.clockSlack)
            add("id >= ?", SQLiteValue(CallID.least(at: earliest)))
        }
        if let after = request.after { add("id < ?", SQLiteValue(after)) }
        if !conditions.isEmpty { sql += " WHERE " + conditions.joined(separator: " AND ") }
        // One more tells whether there is a next page.
        sql += " ORDER BY id DESC LIMIT \(limit + 1)"
    }
}
