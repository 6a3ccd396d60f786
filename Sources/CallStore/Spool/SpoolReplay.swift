internal import CallCore
internal import Synchronization
internal import Telemetry
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
    private let node: NodeEpoch?
    private let told: @Sendable (Result<[SpoolRefusal], CallStoreError>) -> Void
    private let refusals: Mutex<[SpoolRefusal]>

    /// - Parameters:
    ///   - node: The epoch that answers for calls that were opened by somebody who does not run them.
    ///   - condemned: Of entries that were tried before. Refused if the store takes anything at all.
    init(
        _ entries: [SpoolEntry], openedBy node: NodeEpoch?, condemned: [SpoolRefusal] = [],
        told: @escaping @Sendable (Result<[SpoolRefusal], CallStoreError>) -> Void
    ) {
        self.entries = entries
        self.node = node
        self.told = told
        refusals = Mutex(condemned)
    }

    func begin() -> Bool { true }

    func run(on connection: SQLiteConnection) throws(CallStoreError) {
        try connection.run(
            "INSERT OR REPLACE INTO house VALUES ('replayed_at', ?)", .text(SystemClock.utc().description))
        var refused: [SpoolRefusal] = []
        for entry in entries {
            do throws(CallStoreError) {
                try connection.savepoint { () throws(CallStoreError) in
                    _ = try CallTable(connection: connection).keep(entry, openedBy: node, isReplay: true)
                }
            } catch {
                guard connection.isInTransaction, !error.isOutage else { throw error }
                refused.append(SpoolRefusal(bytes: entry.bytes, error: error))
            }
        }
        // Of what was tried once before, and lost with its transaction, nothing stays.
        if !entries.isEmpty { refusals.withLock { $0 = refused } }
    }

    func commit() { told(.success(refusals.withLock { $0 })) }

    func fail(_ error: CallStoreError) { told(.failure(error)) }
}

extension CallTable {
    /// Once for each entry, however often it is tried; nil when it was taken before.
    func keep(
        _ entry: SpoolEntry, openedBy node: NodeEpoch? = nil, isReplay: Bool = false
    ) throws(CallStoreError) -> CallKept? {
        try connection.run("INSERT OR IGNORE INTO writes VALUES (?)", SQLiteValue(entry.id))
        guard connection.changes > 0 else { return nil }
        return try keep(entry.facts, openedBy: node, isReplay: isReplay, at: entry.at, entry.moment)
    }
}
