internal import CallCore
internal import Glibc
internal import Telemetry
internal import Timeline

/// Makes a database anew from what can still be read of a damaged one, such as one whose file lost its end. The damaged
/// one is moved aside and stays.
struct Salvage {
    let path: String

    private var fresh: String { "\(path)-salvaged" }
    private var aside: String { "\(path)-damaged-\(SystemClock.utc().millisecondsSince1970)" }

    /// Where the damaged database lies now.
    ///
    /// Not to be done while another process uses the database.
    func run() throws(CallStoreError) -> String {
        try removeFresh()
        try copyAll()
        let aside = aside
        // What its log holds belongs to it.
        for end in ["-wal", "-shm"] where exists(path + end) { try move(path + end, to: aside + end) }
        try move(path, to: aside)
        try move(fresh, to: path)
        return aside
    }

    private func copyAll() throws(CallStoreError) {
        let new = try SQLiteConnection(fresh, .readWrite, patience: .zero)
        // A file that is shorter than its head says is refused unless the schema may be written, which nobody does here.
        let old = try SQLiteConnection(path, .readWrite, patience: .seconds(1))
        try old.execute("PRAGMA writable_schema = ON")
        let schema = try old.all(
            """
            SELECT sql, name, type FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite~_%' ESCAPE '~'
            ORDER BY type = 'table' DESC
            """, []
        ) { (sql: $0.text(0), name: $0.text(1), isTable: $0.text(2) == "table") }
        let version = try old.first("PRAGMA user_version", []) { $0.integer(0) } ?? 0
        try new.execute("PRAGMA page_size = \(Database.pageBytes)")
        try new.transaction { () throws(CallStoreError) in
            for part in schema where part.isTable { try new.execute(part.sql) }
            for part in schema where part.isTable { try copy(part.name, from: old, to: new) }
            // A row may have been read whose end was not there any more.
            try dropUnreadableCalls(new)
            for (table, column) in [("call_events", "data"), ("call_turns", "turn")] {
                try new.execute("DELETE FROM \(table) WHERE NOT json_valid(\(column))")
                try new.execute("DELETE FROM \(table) WHERE call NOT IN (SELECT number FROM calls)")
            }
            // A database of before has none.
            if schema.contains(where: { $0.isTable && $0.name == "roster" }) {
                try new.execute("DELETE FROM roster WHERE NOT json_valid(content)")
            }
            for part in schema where !part.isTable { try new.execute(part.sql) }
            try new.execute("PRAGMA user_version = \(version)")
        }
    }

    /// From the front as far as it can be read, and then from the back: most damage is in one place.
    private func copy(_ table: String, from old: SQLiteConnection, to new: SQLiteConnection) throws(CallStoreError) {
        for order in ["ASC", "DESC"] {
            var refusal: CallStoreError?
            do throws(CallStoreError) {
                try old.each("SELECT * FROM \(table) ORDER BY 1 \(order)") { row throws(CallStoreError) in
                    let values = row.values
                    // A page that is there in part reads as zeros from there on, which none of our texts holds.
                    guard !values.contains(where: \.holdsZero) else { return }
                    let places = values.map { _ in "?" }.joined(separator: ", ")
                    do throws(CallStoreError) {
                        try new.run("INSERT OR IGNORE INTO \(table) VALUES (\(places))", values)
                    } catch {
                        refusal = error
                        throw error
                    }
                }
                return
            } catch {
                // What cannot be read is lost; what cannot be written is another matter.
                if let refusal { throw refusal }
            }
        }
    }

    /// By this program's own reading, which is stricter than SQLite's.
    private func dropUnreadableCalls(_ new: SQLiteConnection) throws(CallStoreError) {
        let calls = try new.all("SELECT number, record FROM calls", []) { (number: $0.integer(0), record: $0.bytes(1)) }
        for call in calls where (try? CallTable.record(call.record)) == nil {
            try new.run("DELETE FROM calls WHERE number = ?", .integer(call.number))
        }
    }

    private func removeFresh() throws(CallStoreError) {
        for end in ["", "-journal", "-wal", "-shm"] where exists(fresh + end) {
            // SAFETY: the path is a C string during the call.
            guard unsafe unlink(fresh + end) == 0 else { throw .cannotOpen("\(fresh) is in the way") }
        }
    }

    private func exists(_ path: String) -> Bool {
        // SAFETY: the path is a C string during the call.
        unsafe access(path, F_OK) == 0
    }

    private func move(_ from: String, to: String) throws(CallStoreError) {
        // SAFETY: both paths are C strings during the call.
        guard unsafe rename(from, to) == 0 else { throw .cannotOpen("\(from) cannot be moved to \(to)") }
    }
}

extension SQLiteValue {
    fileprivate var holdsZero: Bool {
        guard case .text(let text) = self else { return false }
        return text.utf8.contains(0)
    }
}
