internal import CSQLite
internal import CallCore
internal import Timeline

/// One connection to a database. It belongs to one thread for its whole life.
///
/// - Invariant: `handle` is open until `deinit`.
@safe
final class SQLiteConnection {
    enum Mode {
        case readWrite
        case readOnly
        /// A database that lives as long as the connection.
        case memory
    }

    private let handle: OpaquePointer
    private var statements: [String: Statement] = [:]
    /// What was erased may still stand in the log.
    var mustEmptyLog = false

    /// - Parameter patience: How long one call waits for another program's lock.
    init(_ path: String, _ mode: Mode, patience: Duration) throws(CallStoreError) {
        let flags =
            switch mode {
            case .readWrite: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            case .readOnly: SQLITE_OPEN_READONLY
            case .memory: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY
            }
        var opened: OpaquePointer?
        // SAFETY: the path is a C string during the call, which writes one pointer.
        let code = unsafe sqlite3_open_v2(
            path, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard let opened = unsafe opened else { throw .cannotOpen("there is no memory for it") }
        guard code == SQLITE_OK else {
            // SAFETY: a handle is given even when opening fails, and must be closed; its text is copied before.
            let words = unsafe String(cString: sqlite3_errmsg(opened))
            unsafe sqlite3_close_v2(opened)
            throw CallStoreError(sqlite: code, words)
        }
        unsafe handle = opened
        unsafe sqlite3_busy_timeout(handle, Int32(clamping: patience.wholeNanoseconds / 1_000_000))
    }

    deinit {
        // SAFETY: closed once; what statements still hold of it goes with the last of them.
        unsafe sqlite3_close_v2(handle)
    }

    /// False outside of one, and when SQLite has rolled it back by itself.
    var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

    /// How many rows the last change touched.
    var changes: Int { Int(unsafe sqlite3_changes64(handle)) }

    var lastInsertedRow: Int64 { unsafe sqlite3_last_insert_rowid(handle) }

    /// Runs SQL that takes no values and gives no rows: schema and pragmas. Several statements may stand in it.
    func execute(_ sql: String) throws(CallStoreError) {
        // SAFETY: the text is a C string during the call; no callback, no error text to free.
        try check(unsafe sqlite3_exec(handle, sql, nil, nil, nil))
    }

    /// Runs one statement to its end.
    func run(_ sql: StaticString, _ values: SQLiteValue...) throws(CallStoreError) {
        try run(sql.description, values) { _ throws(CallStoreError) in }
    }

    /// What the first row says; nil when there is none.
    func first<Value>(
        _ sql: String, _ values: [SQLiteValue], _ read: (SQLiteRow) throws(CallStoreError) -> Value
    ) throws(CallStoreError) -> Value? {
        var value: Value?
        try run(sql, values) { row throws(CallStoreError) in
            if value == nil { value = try read(row) }
        }
        return value
    }

    func all<Value>(
        _ sql: String, _ values: [SQLiteValue], _ read: (SQLiteRow) throws(CallStoreError) -> Value
    ) throws(CallStoreError) -> [Value] {
        var rows: [Value] = []
        try run(sql, values) { row throws(CallStoreError) in rows.append(try read(row)) }
        return rows
    }

    func run(_ sql: String, _ values: [SQLiteValue]) throws(CallStoreError) {
        try run(sql, values) { _ throws(CallStoreError) in }
    }

    func each(_ sql: String, _ take: (SQLiteRow) throws(CallStoreError) -> Void) throws(CallStoreError) {
        try run(sql, [], take)
    }

    private func run(
        _ sql: String, _ values: [SQLiteValue], _ take: (SQLiteRow) throws(CallStoreError) -> Void
    ) throws(CallStoreError) {
        let statement = try unsafe prepared(sql)
        // SAFETY: the statement is alive; a reset repeats the last error, which was told.
        defer {
            unsafe sqlite3_reset(statement)
            unsafe sqlite3_clear_bindings(statement)
        }
        for (index, value) in values.enumerated() { try unsafe bind(value, to: statement, at: Int32(index + 1)) }
        let row = unsafe SQLiteRow(statement)
        while true {
            // SAFETY: the statement is alive and belongs to this thread.
            let code = unsafe sqlite3_step(statement)
            switch code {
            case SQLITE_ROW: try take(row)
            case SQLITE_DONE: return
            default: throw failure(code)
            }
        }
    }

    /// Statements are kept: their texts are this module's own, so there are only so many.
    private func prepared(_ sql: String) throws(CallStoreError) -> OpaquePointer {
        if let known = statements[sql] { return unsafe known.handle }
        var statement: OpaquePointer?
        // SAFETY: the text is a C string during the call, which writes one pointer.
        try check(
            unsafe sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil))
        guard let statement = unsafe statement else { throw .refused("an empty statement") }
        unsafe statements[sql] = Statement(statement)
        return unsafe statement
    }

    private func bind(_ value: SQLiteValue, to statement: OpaquePointer, at place: Int32) throws(CallStoreError) {
        switch value {
        case .null: try check(unsafe sqlite3_bind_null(statement, place))
        case .integer(let value): try check(unsafe sqlite3_bind_int64(statement, place, value))
        case .text(var value):
            // SAFETY: SQLite copies the bytes before the call returns.
            try check(
                value.withUTF8 { bytes in
                    unsafe bytes.withMemoryRebound(to: CChar.self) { text in
                        unsafe patchbay_sqlite_bind_text(
                            statement, place, text.baseAddress, Int32(clamping: text.count))
                    }
                })
        }
    }

    private func check(_ code: Int32) throws(CallStoreError) {
        guard code == SQLITE_OK else { throw failure(code) }
    }

    private func failure(_ code: Int32) -> CallStoreError {
        // SAFETY: the text lives until the next call on the connection, and is copied.
        CallStoreError(sqlite: code, unsafe String(cString: sqlite3_errmsg(handle)))
    }
}

/// A prepared statement, finalized once.
@safe
private final class Statement {
    let handle: OpaquePointer

    init(_ handle: OpaquePointer) { unsafe self.handle = handle }

    deinit { unsafe sqlite3_finalize(handle) }
}

enum SQLiteValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case text(String)

    init(_ text: String?) { self = text.map { .text($0) } ?? .null }
    init(_ time: UTCTime?) { self = time.map { .integer($0.millisecondsSince1970) } ?? .null }
    init(_ id: CallID) { self = .text(id.description) }
    init(_ bool: Bool) { self = .integer(bool ? 1 : 0) }
    init(_ number: Int) { self = .integer(Int64(number)) }
}

/// The row that a statement stands on. Gone when whoever was given it returns.
@safe
struct SQLiteRow {
    private let statement: OpaquePointer

    init(_ statement: OpaquePointer) {
        unsafe self.statement = statement
    }

    func integer(_ column: Int32) -> Int64 {
        // SAFETY: the statement stands on a row; a column that is not there reads as zero.
        unsafe sqlite3_column_int64(statement, column)
    }

    func bool(_ column: Int32) -> Bool { integer(column) != 0 }

    func time(_ column: Int32) -> UTCTime { UTCTime(millisecondsSince1970: integer(column)) }

    func isNull(_ column: Int32) -> Bool {
        unsafe sqlite3_column_type(statement, column) == SQLITE_NULL
    }

    /// All columns. This program keeps whole numbers and texts alone.
    var values: [SQLiteValue] {
        // SAFETY: the statement stands on a row.
        let count = unsafe sqlite3_column_count(statement)
        return (0..<count).map { column in
            switch unsafe sqlite3_column_type(statement, column) {
            case SQLITE_NULL: .null
            case SQLITE_INTEGER: .integer(integer(column))
            default: .text(text(column))
            }
        }
    }

    /// Empty for null.
    func text(_ column: Int32) -> String { String(decoding: bytes(column), as: UTF8.self) }

    func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    func bytes(_ column: Int32) -> [UInt8] {
        // SAFETY: the text is asked for first, then its length in bytes; both hold until the statement moves on.
        guard let text = unsafe sqlite3_column_text(statement, column) else { return [] }
        let count = Int(unsafe sqlite3_column_bytes(statement, column))
        return unsafe Array(UnsafeBufferPointer(start: text, count: count))
    }
}
