import CSQLite
import CallStore
import Glibc
import Testing

/// Another program that holds the database: it says so to itself, and lets go when it is told, or is gone.
@safe
final class OtherProgram: @unchecked Sendable {
    // Why @unchecked: SQLite's own mutex stands before the handle, which is opened for any thread.
    private let handle: OpaquePointer

    init(_ path: String) throws {
        var handle: OpaquePointer?
        // SAFETY: the path is a C string during the call, which writes one pointer.
        let code = unsafe sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, nil)
        try #require(code == SQLITE_OK)
        unsafe self.handle = try #require(unsafe handle)
        unsafe sqlite3_busy_timeout(self.handle, 5_000)
    }

    deinit { unsafe sqlite3_close_v2(handle) }

    func execute(_ sql: String) throws {
        // SAFETY: the text is a C string during the call; no callback.
        try #require(unsafe sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK, "\(sql)")
    }

    func lock() throws { try execute("BEGIN EXCLUSIVE") }
    func unlock() throws { try execute("ROLLBACK") }

    /// The first column of each row.
    func texts(_ sql: String) throws -> [String] {
        var statement: OpaquePointer?
        // SAFETY: the statement is finalized before the connection is closed; texts are copied.
        try #require(unsafe sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK)
        defer { unsafe sqlite3_finalize(statement) }
        var texts: [String] = []
        while unsafe sqlite3_step(statement) == SQLITE_ROW {
            texts.append(unsafe sqlite3_column_text(statement, 0).map { unsafe String(cString: $0) } ?? "")
        }
        return texts
    }
}

enum Files {
    static func bytes(_ path: String) throws -> [UInt8] {
        // SAFETY: the path and the mode are C strings during the call; the stream is closed once.
        let file = unsafe try #require(unsafe fopen(path, "r"))
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: size(path))
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe fread($0.baseAddress, 1, $0.count, file) }
        return Array(bytes.prefix(count))
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        // SAFETY: as above.
        let file = unsafe try #require(unsafe fopen(path, "w"))
        defer { unsafe fclose(file) }
        let count = unsafe bytes.withUnsafeBytes { unsafe fwrite($0.baseAddress, 1, $0.count, file) }
        try #require(count == bytes.count)
    }

    static func size(_ path: String) -> Int {
        var facts = stat()
        // SAFETY: the path is a C string during the call, which writes one structure.
        return unsafe stat(path, &facts) == 0 ? Int(facts.st_size) : 0
    }

    static func exists(_ path: String) -> Bool {
        // SAFETY: a C string during the call.
        unsafe access(path, F_OK) == 0
    }
}

/// Waits for something that another thread does. Fails when it does not come.
func eventually(_ what: String, within limit: Duration = .seconds(10), _ condition: () async throws -> Bool)
    async throws
{
    let end = ContinuousClock.now.advanced(by: limit)
    while true {
        // On a busy machine much time may pass between the question and its answer.
        let isLast = ContinuousClock.now >= end
        if try await condition() { return }
        guard !isLast else { break }
        try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("never: \(what)")
    throw CancellationError()
}

extension Files {
    static func mode(_ path: String) throws -> UInt32 {
        var facts = stat()
        // SAFETY: the path is a C string during the call, which writes one structure.
        try #require(unsafe stat(path, &facts) == 0, "\(path)")
        return facts.st_mode & 0o777
    }
}
