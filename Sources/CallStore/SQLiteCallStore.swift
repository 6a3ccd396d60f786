public import CallCore
public import Telemetry
public import Timeline

/// Keeps calls in a SQLite database.
public final class SQLiteCallStore: CallStoring {
    public enum Place: Hashable, Sendable {
        case file(String)
        /// For as long as the store lives.
        case memory
    }

    let database: Database
    let utc: @Sendable () -> UTCTime
    let life: NodeLife

    /// Opens the database, makes it if there is none, and brings an older one up to date.
    ///
    /// - Parameter timeout: For one operation.
    public init(
        _ place: Place, timeout: Duration = .seconds(5), utc: @escaping @Sendable () -> UTCTime = SystemClock.utc
    ) throws(CallStoreError) {
        var options = Database.Options()
        options.timeout = timeout
        switch place {
        case .file(let path): database = try Database(.file(path), options)
        case .memory: database = try Database(.memory, options)
        }
        self.utc = utc
        life = NodeLife(place)
    }

    public var health: StoreHealth { database.health }

    /// Finishes what waits, as far as the deadline allows, and ends the store's threads.
    public func close(by deadline: Deadline) {
        database.close(by: deadline)
    }

    public func keep(_ facts: CallFacts) async throws(CallStoreError) -> CallKept {
        let now = utc()
        return try await database.write { [life] connection throws(CallStoreError) in
            try CallTable(connection: connection).keep(facts, for: life.epoch, at: now)
        }
    }

    public func record(of call: CallReference) async throws(CallStoreError) -> CallRecord? {
        try await database.read { connection throws(CallStoreError) in
            try CallTable(connection: connection).row(of: call)?.record
        }
    }

    public func events(of call: CallReference) async throws(CallStoreError) -> [CallEvent]? {
        try await database.read { connection throws(CallStoreError) in
            try CallTable(connection: connection).events(of: call)
        }
    }

    public func transcript(of call: CallReference) async throws(CallStoreError) -> [TranscriptTurn]? {
        try await database.read { connection throws(CallStoreError) in
            try CallTable(connection: connection).transcript(of: call)
        }
    }

    public func records(
        matching filter: CallFilter, page: CallPage.Request
    ) async throws(CallStoreError) -> CallPage {
        try await database.read { connection throws(CallStoreError) in
            try CallTable(connection: connection).page(page, matching: filter)
        }
    }

    public func erase(_ call: CallReference, at time: UTCTime) async throws(CallStoreError) -> CallErasure {
        try await database.write { connection throws(CallStoreError) in
            try CallTable(connection: connection).erase(call)
        }
    }
}
