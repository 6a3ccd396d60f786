public import CallCore
internal import Synchronization
public import Telemetry
internal import Timeline

/// The errors of the house, in the database of its calls. Reports are taken without waiting, written together, and kept
/// here, up to a limit, while the database is away.
public final class SQLiteErrorStore: ErrorStore, ErrorKeeping {
    /// Different errors that wait for the database.
    private static let capacity = 512

    fileprivate struct State {
        var waiting: [String: ErrorRecord] = [:]
        var isWriting = false
    }

    private let store: SQLiteCallStore
    private let state = Mutex(State())

    public init(in store: SQLiteCallStore) {
        self.store = store
    }

    public func absorb(_ records: [ErrorRecord]) {
        state.withLock { $0.take(records, capacity: Self.capacity) }
        write()
    }

    /// Writes what waits. What cannot be written now is tried again with the next report, or when this is called.
    public func write() {
        let batch: [ErrorRecord]? = state.withLock { state in
            guard !state.isWriting, !state.waiting.isEmpty else { return nil }
            state.isWriting = true
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        guard let batch else { return }
        store.database.add(
            ErrorBatch(batch) { [self] isKept in
                state.withLock { state in
                    state.isWriting = false
                    if !isKept { state.take(batch, capacity: Self.capacity) }
                }
                if isKept { write() }
            })
    }

    public func errors(
        matching filter: ErrorFilter, page: ErrorPage.Request
    ) async throws(CallStoreError) -> ErrorPage {
        try await store.read(.errors) { connection throws(CallStoreError) in
            try ErrorTable(connection: connection).page(page, matching: filter)
        }
    }

    public func resolve(_ id: String, _ isResolved: Bool) async throws(CallStoreError) -> KeptError? {
        try await store.write(.errors) { connection throws(CallStoreError) in
            try ErrorTable(connection: connection).resolve(id, isResolved)
        }
    }
}

extension SQLiteErrorStore.State {
    fileprivate mutating func take(_ records: [ErrorRecord], capacity: Int) {
        for record in records {
            if let known = waiting[record.fingerprint] {
                waiting[record.fingerprint] = known.joined(with: record)
            } else if waiting.count < capacity {
                waiting[record.fingerprint] = record
            }
        }
    }
}

/// Errors on their way into the database. Nobody waits for them.
private final class ErrorBatch: StoreWork {
    let deadline = Deadline.never
    let isAwaited = true
    private let records: [ErrorRecord]
    private let told: @Sendable (_ isKept: Bool) -> Void

    init(_ records: [ErrorRecord], told: @escaping @Sendable (_ isKept: Bool) -> Void) {
        self.records = records
        self.told = told
    }

    func begin() -> Bool { true }

    func run(on connection: SQLiteConnection) throws(CallStoreError) {
        for record in records { try ErrorTable(connection: connection).absorb(record) }
    }

    func commit() { told(true) }
    func fail(_ error: CallStoreError) { told(false) }
}
