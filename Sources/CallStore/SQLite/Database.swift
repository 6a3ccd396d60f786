internal import CallCore
internal import Glibc
internal import Synchronization
internal import Telemetry
internal import Timeline

/// A database with a thread that writes and one that reads, so that a reader never waits behind a writer.
///
/// Writes that wait are committed together; a failed one takes no other with it.
final class Database: Sendable {
    struct Options: Sendable {
        /// For one operation.
        var timeout = Duration.seconds(5)
        var waitingWrites = 8_192
        var waitingReads = 1_024
        /// Writes that one commit may hold.
        var commit = 256
    }

    enum Place: Hashable, Sendable {
        case file(String)
        case memory
    }

    private let options: Options
    let writer: StoreThread
    /// The same as the writer for a database in memory, which has one connection.
    private let reader: StoreThread
    let watch: DeadlineWatch
    let health: StoreHealth

    /// Opens and migrates it.
    ///
    /// - Parameter salvaged: Told where a damaged database was put, when this one was made from what was left of it.
    init(
        _ place: Place, _ options: Options = Options(), salvaged: (String) -> Void = { _ in }
    ) throws(CallStoreError) {
        self.options = options
        let health = StoreHealth()
        self.health = health
        watch = try DeadlineWatch()
        try Self.prepare(place, patience: options.timeout, salvaged: salvaged)
        writer = try StoreThread(name: "store-write", capacity: options.waitingWrites, batch: options.commit) {
            let writing = WritingConnection(place, health)
            return { writing.serve($0) }
        }
        switch place {
        case .memory: reader = writer
        case .file(let path):
            reader = try StoreThread(name: "store-read", capacity: options.waitingReads, batch: 1) {
                let reading = ReadingConnection(path)
                return { reading.serve($0) }
            }
        }
    }

    /// What does not work at the start is told at the start.
    private static func prepare(
        _ place: Place, patience: Duration, salvaged: (String) -> Void
    ) throws(CallStoreError) {
        guard case .file(let path) = place else { return }
        do throws(CallStoreError) {
            try open(path, patience: patience)
        } catch {
            // Where others work with it, it is theirs to say what is wrong.
            guard case .corrupt = error, let lock = try SpoolFile("\(path)-spool", limit: .max) else { throw error }
            salvaged(try withExtendedLifetime(lock) { () throws(CallStoreError) in try Salvage(path: path).run() })
            try open(path, patience: patience)
        }
    }

    /// Processes may begin at once: SQLite waits for no lock while one of them makes the file a log.
    private static func open(_ path: String, patience: Duration) throws(CallStoreError) {
        let limit = SystemClock.now().advanced(by: patience)
        while true {
            do throws(CallStoreError) {
                return try openOnce(path, patience: patience)
            } catch {
                guard error == .locked, SystemClock.now() < limit else { throw error }
                usleep(10_000)
            }
        }
    }

    /// Of a new database. All that it looks like has to find room on its first page (`Schema`), and twice of what it is
    /// today does.
    static let pageBytes = 8_192

    /// Zero for a file that is not there.
    private static func size(_ path: String) -> Int {
        var facts = stat()
        // SAFETY: the path is a C string during the call, which writes one structure.
        return unsafe stat(path, &facts) == 0 ? Int(facts.st_size) : 0
    }

    private static func openOnce(_ path: String, patience: Duration) throws(CallStoreError) {
        // Before SQLite makes it for all to read: it holds what callers said, and the house's secret.
        // SAFETY: the path is a C string during the call.
        let descriptor = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 { Glibc.close(descriptor) }
        let (size, log) = (size(path), size("\(path)-wal"))
        let connection = try SQLiteConnection(path, .readWrite, patience: patience)
        // SQLite takes half a page for a whole one that ends in zeros. What its log holds, it puts right by itself.
        let page = try connection.pageBytes()
        guard log > 0 || size % page == 0 else { throw .corrupt("the file lost its end") }
        try connection.configure(.file(path))
        try Schema.migrate(connection)
        // That it can be written, too.
        try connection.run("INSERT OR REPLACE INTO house VALUES ('opened_at', ?)", .text(SystemClock.utc().description))
    }

    /// Does something in a transaction and returns once it is on the disk.
    ///
    /// - Parameters:
    ///   - limit: Instead of the usual one.
    ///   - hasElsewhere: Whether it can be done elsewhere: then it does not wait for another program's lock.
    func write<Value: Sendable>(
        within limit: Duration? = nil, hasElsewhere: Bool = false, _ body: @escaping StoreJob<Value>.Body
    ) async throws(CallStoreError) -> Value {
        try await work(on: writer, within: limit, hasElsewhere: hasElsewhere, body)
    }

    func read<Value: Sendable>(_ body: @escaping StoreJob<Value>.Body) async throws(CallStoreError) -> Value {
        try await work(on: reader, within: nil, hasElsewhere: false, body)
    }

    /// Work that nobody waits for here.
    func add(_ work: any StoreWork) { writer.add(work) }

    /// Finishes what waits, as far as the deadline allows.
    func close(by deadline: Deadline) {
        writer.stop(by: deadline)
        reader.stop(by: deadline)
    }

    private func work<Value: Sendable>(
        on thread: StoreThread, within limit: Duration?, hasElsewhere: Bool, _ body: @escaping StoreJob<Value>.Body
    ) async throws(CallStoreError) -> Value {
        let deadline = Deadline(limit: limit ?? options.timeout, from: SystemClock.now())
        let result = await withCheckedContinuation { (answer: StoreJob<Value>.Answer) in
            let job = StoreJob<Value>(by: deadline, hasElsewhere: hasElsewhere, answer: answer, body)
            watch.add(job)
            thread.add(job)
        }
        return try result.get()
    }
}

extension SQLiteConnection {
    /// A database keeps what it was made with.
    fileprivate func pageBytes() throws(CallStoreError) -> Int {
        // Until something was read, SQLite says what a new one would have.
        try run("PRAGMA schema_version")
        return try first("PRAGMA page_size", []) { Int($0.integer(0)) } ?? Database.pageBytes
    }

    /// How this program uses a database. Each commit is on the disk when it returns.
    func configure(_ place: Database.Place) throws(CallStoreError) {
        try execute("PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON")
        guard case .file = place else { return }
        try execute(
            """
            PRAGMA page_size = \(Database.pageBytes); PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
            PRAGMA journal_size_limit = 16777216
            """)
    }
}
