public import CallCore
internal import Synchronization
public import Telemetry
public import Timeline

/// Keeps calls in a SQLite database, and what that cannot take in time in a spool beside it.
///
/// Several processes may use one database: each has its own spool.
public final class SQLiteCallStore: CallStoring {
    public enum Place: Hashable, Sendable {
        case file(String)
        /// For as long as the store lives, and without a spool.
        case memory
    }

    let database: Database
    let errors: ErrorSink?
    private let spool: Spool?
    private let metrics: StoreMetrics
    private let ids = CallIDSource()
    /// Facts on their way into the store or the spool.
    private let underWay = Atomic(0)
    let life: NodeLife

    /// Opens the database, makes it if there is none, and brings an older one up to date.
    ///
    /// - Parameters:
    ///   - timeout: For one operation.
    ///   - errors: Told of what was lost: of a damaged database, or of what the store will never take.
    public init(
        _ place: Place, timeout: Duration = .seconds(5), registry: MetricsRegistry = MetricsRegistry(),
        errors: ErrorSink? = nil
    ) throws(CallStoreError) {
        self.errors = errors
        let life = NodeLife(place)
        self.life = life
        metrics = StoreMetrics(registry)
        var options = Database.Options()
        options.timeout = timeout
        switch place {
        case .memory:
            database = try Database(.memory, options)
            spool = nil
        case .file(let path):
            database = try Database(.file(path), options) { aside in
                errors?.report(
                    ErrorReport(
                        code: "store.salvaged", component: "store", severity: .critical,
                        message: "The database was damaged. What could be read was copied into a new one, the newest "
                            + "calls may be missing. The damaged one is \(aside)."))
            }
            var options = Spool.Options()
            options.timeout = timeout
            let aside = RefusedEntries(beside: path, errors)
            let spool = try Spool(
                beside: path, options, for: database, node: { life.epoch }, refused: { aside.take($0) })
            self.spool = spool
            registry.gauge(.storeSpoolDepth) { Double(spool.reading.depth) }
        }
    }

    /// Finishes what waits, as far as the deadline allows, and ends the store's threads.
    public func close(by deadline: Deadline) async {
        database.close(by: deadline)
        // What the database did not take any more goes to the spool.
        while underWay.load(ordering: .acquiring) > 0, !deadline.isReached(at: SystemClock.now()) {
            do { try await Task.sleep(for: .milliseconds(5)) } catch { break }
        }
        spool?.stop(by: deadline)
        database.watch.stop()
    }

    // MARK: keeping

    public func keep(_ facts: CallFacts) async throws(CallStoreError) -> CallKept {
        underWay.wrappingAdd(1, ordering: .acquiringAndReleasing)
        defer { underWay.wrappingSubtract(1, ordering: .acquiringAndReleasing) }
        let now = SystemClock.utc()
        let entry = SpoolEntry(id: ids.next(at: now), at: now, HostMoment(SystemClock.now()), facts: facts)
        return try await metrics.measure(.keep) { () async throws(CallStoreError) in
            guard let spool else { return try await write(entry) }
            return try await Ways(store: self, spool: spool).keep(entry)
        }
    }

    private func write(_ entry: SpoolEntry) async throws(CallStoreError) -> CallKept {
        try await database.write(within: entry.facts.patience, hasElsewhere: spool != nil) {
            [life] connection throws(CallStoreError) in
            // Ids are new, so this write was taken before only if it is tried twice.
            try CallTable(connection: connection).keep(entry, openedBy: life.epoch) ?? .later
        }
    }

    private struct Ways: KeepingWays {
        let store: SQLiteCallStore
        let spool: Spool

        var outage: CallStoreError? { store.database.health.reading.failure }
        func spoolHolds(_ names: [CallReference]) -> Bool { spool.holds(names) }
        func write(_ entry: SpoolEntry) async throws(CallStoreError) -> CallKept { try await store.write(entry) }

        func put(_ entry: SpoolEntry) async throws(CallStoreError) {
            try await spool.put(entry, within: entry.facts.patience)
        }
    }

    public func erase(_ call: CallReference, at time: UTCTime) async throws(CallStoreError) -> CallErasure {
        try await write(.erase) { connection throws(CallStoreError) in try CallTable(connection: connection).erase(call)
        }
    }

    // MARK: reading

    public func record(of call: CallReference) async throws(CallStoreError) -> CallRecord? {
        try await read(.record) { connection throws(CallStoreError) in
            try CallTable(connection: connection).row(of: call)?.record
        }
    }

    public func events(of call: CallReference) async throws(CallStoreError) -> [CallEvent]? {
        try await read(.events) { connection throws(CallStoreError) in
            try CallTable(connection: connection).events(of: call)
        }
    }

    public func transcript(of call: CallReference) async throws(CallStoreError) -> [TranscriptTurn]? {
        try await read(.transcript) { connection throws(CallStoreError) in
            try CallTable(connection: connection).transcript(of: call)
        }
    }

    public func records(
        matching filter: CallFilter, page: CallPage.Request
    ) async throws(CallStoreError) -> CallPage {
        try await read(.list) { connection throws(CallStoreError) in
            try CallTable(connection: connection).page(page, matching: filter)
        }
    }

    // MARK: for the tables of this module

    /// Something that is of no use later, so that it has no place in the spool.
    func write<Value: Sendable>(
        _ operation: StoreOperation, _ body: @escaping StoreJob<Value>.Body
    ) async throws(CallStoreError) -> Value {
        try await metrics.measure(operation) { () async throws(CallStoreError) in try await database.write(body) }
    }

    func read<Value: Sendable>(
        _ operation: StoreOperation, _ body: @escaping StoreJob<Value>.Body
    ) async throws(CallStoreError) -> Value {
        try await metrics.measure(operation) { () async throws(CallStoreError) in try await database.read(body) }
    }

    // MARK: how it is

    /// How writing into the database went of late.
    public var databaseReading: StoreReading { database.health.reading }

    /// How the spool is; nil without one.
    public var spoolReading: StoreReading? { spool?.reading }

    /// Writes something, so that a database that nobody uses is known to work.
    public func check() async throws(CallStoreError) {
        let time = SystemClock.utc().description
        try await write(.check) { connection throws(CallStoreError) in
            try connection.run("INSERT OR REPLACE INTO house VALUES ('checked_at', ?)", .text(time))
        }
    }
}
