extension Schema {
    /// Calls that wait to be dialled, in the order of `due`; the one who dials has put its epoch there. A key leads to the
    /// call that was made under it. What was dialled on a day has an index of its own.
    static let dialling: StaticString = """
        CREATE TABLE dials (
            call TEXT PRIMARY KEY,
            due INTEGER NOT NULL,
            owner INTEGER,
            claimed_at INTEGER,
            dial_order TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX dials_by_time ON dials (due, call) WHERE owner IS NULL;

        CREATE TABLE idempotency (
            key TEXT PRIMARY KEY,
            digest TEXT NOT NULL,
            call TEXT NOT NULL,
            answer TEXT,
            at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        ALTER TABLE calls ADD COLUMN is_dialled INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX calls_dialled ON calls (created_at) WHERE is_dialled = 1;
        """

    /// Orders that are being carried out are few; whoever looks for those of dead nodes reads no others.
    static let dialsTaken: StaticString = "CREATE INDEX dials_taken ON dials (claimed_at, call) WHERE owner IS NOT NULL"
}
