/// Why the store did not do what it was asked.
public enum CallStoreError: Error, Hashable, Sendable {
    /// It cannot be used, for a reason that has no case of its own.
    case unavailable(String)
    case timedOut
    /// As many calls are open as the store in memory can keep.
    case full(limit: Int)
    /// As many operations wait as may.
    case overloaded(limit: Int)
    case locked
    case diskFull
    case readOnly
    case corrupt(String)
    case notADatabase
    case cannotOpen(String)
    case diskFailed(String)
    /// A later version of the program has written the database.
    case newerVersion(found: Int, known: Int)
    /// What is stored is none of what this version writes.
    case unreadable(String)
    /// The database does not take what it is told: a fault of this program.
    case refused(String)
    /// Neither the store nor its spool can be written.
    case unkept(store: String, spool: String)
    /// Another node answers for the call, or for all calls of the epoch that tells of it.
    case fenced

    public var code: String {
        switch self {
        case .unavailable: "store.unavailable"
        case .timedOut: "store.timed_out"
        case .full: "store.full"
        case .overloaded: "store.overloaded"
        case .locked: "store.locked"
        case .diskFull: "store.disk_full"
        case .readOnly: "store.read_only"
        case .corrupt: "store.corrupt"
        case .notADatabase: "store.not_a_database"
        case .cannotOpen: "store.cannot_open"
        case .diskFailed: "store.disk_failed"
        case .newerVersion: "store.newer_version"
        case .unreadable: "store.unreadable"
        case .refused: "store.refused"
        case .unkept: "store.unkept"
        case .fenced: "store.fenced"
        }
    }

    public var message: String {
        switch self {
        case .unavailable(let reason): "The store cannot be used: \(reason). Check the disk and the database's file."
        case .timedOut:
            "The store took too long. Check the disk's load, and whether another program holds the database."
        case .full(let limit): "The store in memory holds \(limit) open calls, which is all that it can keep."
        case .overloaded(let limit):
            "\(limit) operations wait for the store already. The disk is too slow for them, or something holds it up."
        case .locked: "Another program holds the database. End it, or let it finish."
        case .diskFull:
            "The disk that the database lies on is full. Make room; what was kept elsewhere follows by itself."
        case .readOnly:
            "The database can only be read. Check who may write the file and its folder, and how it is mounted."
        case .corrupt(let words):
            "The database is damaged (\(words)). Stop the bridge and restore a copy, or move the file away to begin anew."
        case .notADatabase: "The file is no database of this program. Name another one, or move the file away."
        case .cannotOpen(let words):
            "The database cannot be opened: \(words). Check that its folder exists and may be written."
        case .diskFailed(let words): "The disk failed while the database was used: \(words). Check the disk."
        case .newerVersion(let found, let known):
            "A newer program has written the database: its version is \(found), and this program knows up to \(known). "
                + "Run that program, or restore a copy from before."
        case .unreadable(let words): "Something in the database cannot be read: \(words)."
        case .refused(let words):
            "The database did not take what it was told (\(words)). This is a fault of the program."
        case .unkept(let store, let spool):
            "Nothing can be kept. Of the database: \(store) Of the spool beside it: \(spool)"
        case .fenced:
            "Another node answers for this call by now, so nothing is kept that this one tells of it. This node was "
                + "stopped or stuck for longer than its lease."
        }
    }
}
