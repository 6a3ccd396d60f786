extension Schema {
    /// Who answers for which call. `lease_until` counts on the clock of that run of the host.
    static let nodes: StaticString = """
        CREATE TABLE nodes (
            epoch INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            run TEXT NOT NULL,
            lease_until INTEGER NOT NULL
        ) STRICT;

        ALTER TABLE calls ADD COLUMN owner INTEGER;
        ALTER TABLE calls ADD COLUMN was_claimed INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX calls_open ON calls (id) WHERE ended_at IS NULL;
        """

    /// When the last stream of a call began, by the clock of that run of the host.
    static let streams: StaticString = """
        ALTER TABLE calls ADD COLUMN stream_run TEXT;
        ALTER TABLE calls ADD COLUMN stream_at INTEGER;
        """
}
