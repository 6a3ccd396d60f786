internal import CallCore
internal import JSONWire
internal import Wording

/// Agents and numbers, as a connection sees them.
struct RosterTable {
    private enum SeedKind: String {
        case agent
        case number
    }

    let connection: SQLiteConnection

    func revision() throws(CallStoreError) -> Int64 {
        try connection.first("SELECT CAST(value AS INTEGER) FROM house WHERE name = 'roster'", []) { $0.integer(0) }
            ?? 0
    }

    func read() throws(CallStoreError) -> Roster {
        Roster(
            agents: try connection.all("SELECT agent FROM agents ORDER BY place", [], Self.agent),
            numbers: try connection.all("SELECT entry FROM numbers ORDER BY place", [], Self.number),
            seeds: Roster.Seeds(
                agents: try connection.all("SELECT content FROM seeds WHERE kind = 'agent'", [], Self.agent),
                numbers: try connection.all("SELECT content FROM seeds WHERE kind = 'number'", [], Self.number)),
            revision: try revision())
    }

    private static func agent(_ row: SQLiteRow) throws(CallStoreError) -> Agent {
        try JSONText.read(row.bytes(0)) { json throws(JSONError) in try Agent(json: json) }
    }

    private static func number(_ row: SQLiteRow) throws(CallStoreError) -> NumberEntry {
        try JSONText.read(row.bytes(0)) { json throws(JSONError) in try NumberEntry(json: json) }
    }

    /// Writes what differs. An entry that changes keeps its place.
    func write(_ new: Roster, over old: Roster) throws(CallStoreError) {
        guard new.revision != old.revision else { return }
        try write(
            rows(new.agents), over: rows(old.agents),
            put: "INSERT INTO agents (id, agent) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET agent = excluded.agent",
            drop: "DELETE FROM agents WHERE id = ?")
        try write(
            rows(new.numbers), over: rows(old.numbers),
            put: """
                INSERT INTO numbers (number, entry) VALUES (?, ?)
                ON CONFLICT (number) DO UPDATE SET entry = excluded.entry
                """,
            drop: "DELETE FROM numbers WHERE number = ?")
        for (kind, new, old) in [
            (SeedKind.agent, rows(new.seeds.agents), rows(old.seeds.agents)),
            (.number, rows(new.seeds.numbers), rows(old.seeds.numbers)),
        ] {
            try write(
                new, over: old, put: "INSERT OR REPLACE INTO seeds VALUES ('\(kind.rawValue)', ?, ?)",
                drop: "DELETE FROM seeds WHERE kind = '\(kind.rawValue)' AND name = ?")
        }
        try connection.run("INSERT OR REPLACE INTO house VALUES ('roster', ?)", .text(String(new.revision)))
    }

    private typealias Row = (name: String, text: String)

    private func rows(_ agents: [Agent]) -> [Row] { agents.map { ($0.id, JSONText.text($0.json)) } }

    private func rows(_ numbers: [NumberEntry]) -> [Row] {
        numbers.map { ($0.number.unmasked, JSONText.text($0.json)) }
    }

    private func write(_ new: [Row], over old: [Row], put: String, drop: String) throws(CallStoreError) {
        let known = Dictionary(uniqueKeysWithValues: old.map { ($0.name, $0.text) })
        let names = Set(new.map(\.name))
        for row in old where !names.contains(row.name) { try connection.run(drop, [.text(row.name)]) }
        for row in new where known[row.name] != row.text {
            try connection.run(put, [.text(row.name), .text(row.text)])
        }
    }
}
