internal import CSQLite
internal import CallCore

extension CallStoreError {
    /// What a result code of SQLite means.
    init(sqlite code: Int32, _ words: String) {
        switch code & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: self = .locked
        case SQLITE_FULL: self = .diskFull
        case SQLITE_READONLY, SQLITE_PERM: self = .readOnly
        case SQLITE_CORRUPT: self = .corrupt(words)
        case SQLITE_NOTADB: self = .notADatabase
        case SQLITE_CANTOPEN, SQLITE_AUTH, SQLITE_NOLFS: self = .cannotOpen(words)
        // SQLite has words for the last call alone, so the kind of failure is told by its number.
        case SQLITE_IOERR: self = .diskFailed("\(words), \(code)")
        case SQLITE_NOMEM: self = .unavailable("there is no memory for it")
        default: self = .refused("\(words), \(code)")
        }
    }

    /// Whether the store as a whole is away, so that other operations would fail alike.
    var isOutage: Bool {
        switch self {
        case .unavailable, .timedOut, .overloaded, .locked, .diskFull, .readOnly, .corrupt, .notADatabase, .cannotOpen,
            .diskFailed, .newerVersion, .unkept:
            true
        case .full, .unreadable, .refused, .fenced: false
        }
    }

    /// Whether a new connection may do better than this one.
    var wantsNewConnection: Bool {
        switch self {
        case .readOnly, .corrupt, .notADatabase, .cannotOpen, .diskFailed: true
        case .unavailable, .timedOut, .overloaded, .locked, .diskFull, .newerVersion, .unkept, .full, .unreadable,
            .refused, .fenced:
            false
        }
    }
}
