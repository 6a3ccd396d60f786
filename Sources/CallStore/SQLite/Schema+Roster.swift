extension Schema {
    /// Agents, numbers, and what the settings named last, each of its kind. `house` has the revision of all that.
    static let roster: StaticString = """
        CREATE TABLE roster (
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            place INTEGER NOT NULL,
            content TEXT NOT NULL,
            PRIMARY KEY (kind, name)
        ) STRICT, WITHOUT ROWID;
        """
}
