extension Schema {
    /// Agents and numbers, and what the settings named last. `house` has the revision of all that.
    static let roster: StaticString = """
        CREATE TABLE agents (
            place INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            agent TEXT NOT NULL
        ) STRICT;

        CREATE TABLE numbers (
            place INTEGER PRIMARY KEY,
            number TEXT NOT NULL UNIQUE,
            entry TEXT NOT NULL
        ) STRICT;

        CREATE TABLE seeds (
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            content TEXT NOT NULL,
            PRIMARY KEY (kind, name)
        ) STRICT, WITHOUT ROWID;
        """
}
