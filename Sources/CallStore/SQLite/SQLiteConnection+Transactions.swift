internal import CallCore

extension SQLiteConnection {
    /// Takes the lock for writing at once, so that nothing inside can meet another writer.
    func begin() throws(CallStoreError) { try run("BEGIN IMMEDIATE") }

    func commit() throws(CallStoreError) { try run("COMMIT") }

    /// Whatever state the connection is in, it is in no transaction afterwards.
    func rollBack() {
        // SQLite may have done it by itself, and then it says so.
        if isInTransaction { try? run("ROLLBACK") }
    }

    func transaction(_ body: () throws(CallStoreError) -> Void) throws(CallStoreError) {
        try begin()
        do throws(CallStoreError) {
            try body()
            try commit()
        } catch {
            rollBack()
            throw error
        }
    }

    /// Undoes all of the body if it fails, and nothing else of the transaction.
    func savepoint(_ body: () throws(CallStoreError) -> Void) throws(CallStoreError) {
        try run("SAVEPOINT one")
        do throws(CallStoreError) {
            try body()
            try run("RELEASE one")
        } catch {
            // A failure may have cost the whole transaction, its savepoints with it; whoever began it looks.
            if isInTransaction {
                try run("ROLLBACK TO one")
                try run("RELEASE one")
            }
            throw error
        }
    }

    /// Once something was erased: its old bytes stand in the log until that is emptied, which needs a moment without a
    /// reader. Tried again after the next commit if there was none, or if the disk is in trouble, which that will tell.
    func emptyLogIfAsked() {
        guard mustEmptyLog, !isInTransaction else { return }
        let isBusy = try? first("PRAGMA wal_checkpoint(TRUNCATE)", []) { $0.bool(0) }
        mustEmptyLog = isBusy != .some(false)
    }

    /// Several reads of one state.
    func snapshot<Value>(_ body: () throws(CallStoreError) -> Value) throws(CallStoreError) -> Value {
        guard !isInTransaction else { return try body() }
        try run("BEGIN")
        defer { rollBack() }
        return try body()
    }
}
