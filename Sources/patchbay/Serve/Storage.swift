internal import CallCore
internal import CallStore
internal import Commands
internal import Configuration
internal import FrontDoor
internal import Synchronization
internal import Telemetry
internal import Timeline
internal import Wording

/// Where a node keeps calls and errors, and what goes with that.
struct Storage {
    let calls: any CallStoring & CallClaiming
    /// Nil keeps errors in memory, and shows none.
    let errors: (any ErrorKeeping)?
    let secret: Secret
    let roster: any RosterKeeping
    /// As it is with what the settings name.
    let planted: Roster
    let keeper: StoreKeeper?

    /// A store that somebody else owns and that needs no care.
    init(_ calls: any CallStoring & CallClaiming, planting seeds: Roster.Seeds) {
        self.calls = calls
        errors = nil
        var planted = Roster()
        planted.plant(seeds)
        self.planted = planted
        roster = MemoryRosterStore(planted)
        secret = Self.freshSecret()
        keeper = nil
    }

    /// Opens the database that the settings name.
    init(
        _ settings: Settings, planting seeds: Roster.Seeds, logger: Logger, errors sink: ErrorSink,
        registry: MetricsRegistry
    ) async throws(StorageFailure) {
        do throws(CallStoreError) {
            let store = try SQLiteCallStore(
                settings.database.place, timeout: settings.timeouts.store, registry: registry, errors: sink)
            calls = store
            secret =
                if let secret = settings.secret { secret } else {
                    try await store.secret(orKeep: Self.freshSecret())
                }
            let roster = SQLiteRosterStore(in: store)
            try await roster.plant(seeds)
            planted = try await roster.roster()
            self.roster = roster
            let errors = SQLiteErrorStore(in: store)
            sink.handOver(to: errors)
            self.errors = errors
            keeper = StoreKeeper(store, errors: errors, settings, logger: logger)
        } catch {
            throw StorageFailure(database: settings.database, error: error)
        }
    }

    private static func freshSecret() -> Secret {
        var generator = SystemRandomNumberGenerator()
        return Secret((0..<4).map { _ in String(generator.next(), radix: 36) }.joined())
    }
}

/// The database could not be opened.
struct StorageFailure: CommandFailure {
    let database: DatabaseLocation
    let error: CallStoreError

    var message: String { "'database' \"\(database)\" cannot be used: \(error.message)" }

    var exitCode: ExitCode {
        switch error {
        case .locked, .timedOut, .diskFull, .diskFailed, .overloaded, .unavailable, .unkept, .full, .fenced: .temporary
        case .readOnly, .corrupt, .notADatabase, .cannotOpen, .newerVersion, .unreadable, .refused: .usage
        }
    }
}

extension DatabaseLocation {
    fileprivate var place: SQLiteCallStore.Place {
        switch self {
        case .file(let path): .file(path)
        case .memory: .memory
        }
    }
}

/// Looks after the database while a node runs: that it works, and that nothing stays longer than it should.
final class StoreKeeper: Sendable {
    private static let day = Duration.seconds(86_400)
    /// Not in the first moments of a node.
    private static let firstPruning = Duration.seconds(60)
    /// Between two steps of forgetting.
    private static let pruningPause = Duration.milliseconds(20)

    private let store: SQLiteCallStore
    private let errors: SQLiteErrorStore
    private let retention: SQLiteCallStore.Retention
    private let logger: Logger
    private let tasks = Mutex<[Task<Void, Never>]>([])

    init(_ store: SQLiteCallStore, errors: SQLiteErrorStore, _ settings: Settings, logger: Logger) {
        self.store = store
        self.errors = errors
        self.logger = logger.component("store")
        func days(_ count: Int) -> Duration? { count > 0 ? Self.day * count : nil }
        retention = SQLiteCallStore.Retention(
            calls: days(settings.retention.callsDays), transcripts: days(settings.retention.transcriptsDays))
    }

    // MARK: health

    func addHealth(to registry: HealthRegistry) {
        let store = store
        registry.add("store", isCritical: false) { store.databaseReading.health(at: $0) }
        guard store.spoolReading != nil else {
            return registry.add("records", isCritical: true, isNeededToServe: true) {
                store.databaseReading.health(at: $0)
            }
        }
        registry.add("spool", isCritical: false) { store.spoolReading?.health(at: $0) ?? ComponentHealth(.unknown) }
        // The one or the other is enough.
        registry.add("records", isCritical: true, isNeededToServe: true) { now in
            let database = store.databaseReading
            guard let failure = database.failure, let spool = store.spoolReading, let spoolFailure = spool.failure
            else {
                return database.failure == nil ? database.health(at: now) : ComponentHealth(.ok)
            }
            let error = CallStoreError.unkept(store: failure.message, spool: spoolFailure.message)
            return ComponentHealth(.failing, lastError: error.message)
        }
    }

    // MARK: its work

    /// - Parameter every: Between two looks at the database; zero looks never.
    func start(every: Duration) {
        tasks.withLock { tasks in
            guard tasks.isEmpty else { return }
            tasks = [Task(name: "prune") { await prune() }]
            if every > .zero { tasks.append(Task(name: "store-check") { await look(every) }) }
        }
    }

    /// Finishes what waits for the store, as far as the deadline allows.
    func stop(by deadline: Deadline) async {
        for task in tasks.withLock({ $0 }) { task.cancel() }
        errors.write()
        await store.close(by: deadline)
    }

    private func look(_ every: Duration) async {
        while !Task.isCancelled {
            // How it went shows in the store's own health.
            try? await store.check()
            errors.write()
            do { try await Task.sleep(for: every) } catch { return }
        }
    }

    private func prune() async {
        var pause = Self.firstPruning
        while true {
            do { try await Task.sleep(for: pause) } catch { return }
            do throws(CallStoreError) {
                pause = try await store.prune(retention, at: SystemClock.utc()) ? Self.pruningPause : Self.day
            } catch {
                logger.warning("store.not_pruned", "What is old could not be forgotten. \(error.message)")
                pause = Self.firstPruning
            }
        }
    }
}

extension StoreReading {
    fileprivate func health(at now: Instant) -> ComponentHealth {
        let status: ComponentHealth.Status = failure != nil ? .failing : lookedAt == nil ? .unknown : .ok
        return ComponentHealth(
            status, latency: latency, lastSuccess: lastSuccess, lastError: (failure ?? lastError)?.message,
            age: lookedAt.map { $0.duration(to: now) })
    }
}
