internal import CallCore

/// What the database looks like, as the steps that made it so. A step that was released is never changed; a new one is
/// added at the end.
enum Schema {
    static let steps: [StaticString] = [calls, nodes, roster, dialling, streams, dialsTaken]

    static var version: Int { steps.count }

    /// Brings a database to this version, all or nothing.
    static func migrate(_ connection: SQLiteConnection) throws(CallStoreError) {
        guard try found(connection) < version else { return }
        try connection.transaction { () throws(CallStoreError) in
            // Asked again: another process may have come first.
            for step in steps.dropFirst(try found(connection)) { try connection.execute(dense(step.description)) }
            try connection.execute("PRAGMA user_version = \(version)")
        }
    }

    /// SQLite keeps each statement as it was written. As long as all of them find room on the file's first page, a file
    /// that lost its end can still be read.
    private static func dense(_ sql: String) -> String {
        sql.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
            .filter { !$0.hasPrefix("--") }.joined(separator: " ")
            .replacing("( ", with: "(").replacing(" )", with: ")")
    }

    private static func found(_ connection: SQLiteConnection) throws(CallStoreError) -> Int {
        let found = try connection.first("PRAGMA user_version", []) { Int($0.integer(0)) } ?? 0
        guard found <= version else { throw .newerVersion(found: found, known: version) }
        return found
    }

    /// Of a call the columns are what calls are found by; the record is whole in `record`. Times are milliseconds.
    private static let calls: StaticString = """
        CREATE TABLE calls (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            provider_call_id TEXT,
            status TEXT NOT NULL,
            agent TEXT,
            caller TEXT,
            created_at INTEGER NOT NULL,
            ended_at INTEGER,
            is_erased INTEGER NOT NULL DEFAULT 0,
            record TEXT NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX calls_by_provider ON calls (provider_call_id) WHERE provider_call_id IS NOT NULL;
        CREATE INDEX calls_by_status ON calls (status, id);
        CREATE INDEX calls_by_agent ON calls (agent, id);
        CREATE INDEX calls_by_caller ON calls (caller, id);
        CREATE INDEX calls_by_end ON calls (ended_at, number) WHERE ended_at IS NOT NULL;

        CREATE TABLE call_events (
            call INTEGER NOT NULL REFERENCES calls ON DELETE CASCADE,
            place INTEGER NOT NULL,
            at INTEGER NOT NULL,
            type TEXT NOT NULL,
            component TEXT NOT NULL,
            data TEXT NOT NULL,
            PRIMARY KEY (call, place)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE call_turns (
            call INTEGER NOT NULL REFERENCES calls ON DELETE CASCADE,
            place INTEGER NOT NULL,
            turn TEXT NOT NULL,
            PRIMARY KEY (call, place)
        ) STRICT, WITHOUT ROWID;

        -- Identities of messages that were taken.
        CREATE TABLE webhook_inbox (
            number INTEGER PRIMARY KEY,
            identity TEXT NOT NULL UNIQUE,
            at INTEGER NOT NULL
        ) STRICT;

        -- Writes that may be tried again after they succeeded. Their ids tell the time.
        CREATE TABLE writes (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

        CREATE TABLE errors (
            id TEXT PRIMARY KEY,
            code TEXT NOT NULL,
            component TEXT NOT NULL,
            severity TEXT NOT NULL,
            message TEXT NOT NULL,
            count INTEGER NOT NULL,
            first_seen INTEGER NOT NULL,
            last_seen INTEGER NOT NULL,
            is_resolved INTEGER NOT NULL DEFAULT 0,
            call TEXT,
            agent TEXT,
            number TEXT
        ) STRICT;
        CREATE INDEX errors_by_time ON errors (last_seen, id);
        CREATE INDEX errors_by_call ON errors (call) WHERE call IS NOT NULL;

        -- What the house keeps for itself, such as the secret that it made.
        CREATE TABLE house (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
        """
}
