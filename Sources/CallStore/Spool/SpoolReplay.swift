internal import CallCore
internal import Synchronization
internal import Timeline

/// An entry that the store will never take, and why.
struct SpoolRefusal: Sendable {
    let bytes: [UInt8]
    let error: CallStoreError
}

/// Gives entries of the spool to the store, together. Those that the store took before are passed over.
final class SpoolReplay: StoreWork {
    let deadline = Deadline.never
    let isAwaited = true
    private let entries: [SpoolEntry]
    private let told: @Sendable (Result<[SpoolRefusal], CallStoreError>) -> Void
    private let refusals = Mutex<[SpoolRefusal]>([])

    init(_ entries: [SpoolEntry], told: @escaping @Sendable (Result<[SpoolRefusal], CallStoreError>) -> Void) {
        self.entries = entries
        self.told = told
    }

    func begin() -> Bool { true }

    func run(on connection: SQLiteConnection) throws(CallStoreError) {
        var refused: [SpoolRefusal] = []
        var damage: CallStoreError?
        for entry in entries {
            do throws(CallStoreError) {
                try connection.savepoint { () throws(CallStoreError) in
                    _ = try CallTable(connection: connection).keep(entry)
                }
            } catch {
                guard connection.isInTransaction else { throw error }
                switch error {
                case .unreadable, .refused: break
                case .corrupt: damage = error
                default: throw error
                }
                refused.append(SpoolRefusal(bytes: entry.bytes, error: error))
            }
        }
        // Where other entries could be kept it is this one's row that is damaged, else it is the database.
        if let damage, refused.count == entries.count { throw damage }
        refusals.withLock { $0 = refused }
    }

    func commit() { told(.success(refusals.withLock { $0 })) }

    func fail(_ error: CallStoreError) { told(.failure(error)) }
}

extension CallTable {
    /// Once for each entry, however often it is tried; nil when it was taken before.
    func keep(_ entry: SpoolEntry) throws(CallStoreError) -> CallKept? {
        try connection.run("INSERT OR IGNORE INTO writes VALUES (?)", SQLiteValue(entry.id))
        guard connection.changes > 0 else { return nil }
        return try keep(entry.facts, at: entry.at)
    }
}
