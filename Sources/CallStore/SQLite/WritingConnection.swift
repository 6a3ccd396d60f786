internal import CallCore
internal import Telemetry
internal import Timeline

/// The one connection that writes, on its thread.
final class WritingConnection {
    /// One try for another program's lock. Between two, those whose deadline has come are left out.
    private static let patience = Duration.milliseconds(100)

    private let place: Database.Place
    private let health: StoreHealth
    private var connection: SQLiteConnection?
    /// The work that is under way.
    private var began = SystemClock.now()

    init(_ place: Database.Place, _ health: StoreHealth) {
        self.place = place
        self.health = health
    }

    /// Commits all of it together. Gives back what could not be begun.
    func serve(_ work: [any StoreWork]) -> [any StoreWork] {
        began = SystemClock.now()
        do throws(CallStoreError) {
            let connection = try opened()
            try connection.begin()
            return commit(work, on: connection)
        } catch {
            failed(error)
            for job in work where error != .locked || job.hasElsewhere { job.fail(error) }
            return error == .locked ? work.filter(\.isAwaited) : []
        }
    }

    private func opened() throws(CallStoreError) -> SQLiteConnection {
        if let connection { return connection }
        let fresh: SQLiteConnection
        switch place {
        case .memory: fresh = try SQLiteConnection(":memory:", .memory, patience: .zero)
        case .file(let path): fresh = try SQLiteConnection(path, .readWrite, patience: Self.patience)
        }
        try fresh.configure(place)
        // Of a file it was done at the start; it may have been taken away since.
        try Schema.migrate(fresh)
        connection = fresh
        return fresh
    }

    /// Within a transaction that has begun. Gives back what is to be done once more, when one job has cost the others
    /// their transaction.
    private func commit(_ work: [any StoreWork], on connection: SQLiteConnection) -> [any StoreWork] {
        var done: [any StoreWork] = []
        var outage: CallStoreError?
        for (index, job) in work.enumerated() where job.begin() {
            do throws(CallStoreError) {
                try connection.savepoint { () throws(CallStoreError) in try job.run(on: connection) }
                done.append(job)
            } catch {
                job.fail(error)
                if error.isOutage { outage = error }
                // After some failures, damage among them, SQLite refuses whatever else a transaction does.
                guard !connection.isInTransaction || error.wantsNewConnection else { continue }
                connection.rollBack()
                failed(error)
                return done + work[(index + 1)...]
            }
        }
        do throws(CallStoreError) {
            try connection.commit()
        } catch {
            lost(done, error, connection)
            return []
        }
        // A disk that is full lets nothing be committed at any time.
        if done.isEmpty, let outage { failed(outage) } else { health.succeeded(since: began) }
        connection.emptyLogIfAsked()
        for job in done { job.commit() }
        return []
    }

    private func lost(_ done: [any StoreWork], _ error: CallStoreError, _ connection: SQLiteConnection) {
        connection.rollBack()
        failed(error)
        for job in done { job.fail(error) }
    }

    private func failed(_ error: CallStoreError) {
        health.failed(error, since: began)
        // A database in memory is gone with its connection.
        if error.wantsNewConnection, place != .memory { connection = nil }
    }
}

/// The connection that reads, on its thread.
final class ReadingConnection {
    private static let patience = Duration.seconds(1)

    private let path: String
    private var connection: SQLiteConnection?

    init(_ path: String) {
        self.path = path
    }

    func serve(_ work: [any StoreWork]) -> [any StoreWork] {
        for job in work where job.begin() {
            do throws(CallStoreError) {
                try job.run(on: try opened())
                job.commit()
            } catch {
                if error.wantsNewConnection { connection = nil }
                job.fail(error)
            }
        }
        return []
    }

    private func opened() throws(CallStoreError) -> SQLiteConnection {
        if let connection { return connection }
        let fresh = try SQLiteConnection(path, .readOnly, patience: Self.patience)
        connection = fresh
        return fresh
    }
}
