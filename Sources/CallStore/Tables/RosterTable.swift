internal import CallCore
internal import JSONWire
internal import Wording

/// Agents and numbers, as a connection sees them.
struct RosterTable {
    private enum Kind: String {
        case agent
        case number
        /// As the settings named them.
        case seededAgent = "seed-agent"
        case seededNumber = "seed-number"
    }

    let connection: SQLiteConnection

    func revision() throws(CallStoreError) -> Int64 {
        try connection.first("SELECT CAST(value AS INTEGER) FROM house WHERE name = 'roster'", []) { $0.integer(0) }
            ?? 0
    }

    func read() throws(CallStoreError) -> Roster {
        Roster(
            agents: try all(.agent, Agent.init(json:)), numbers: try all(.number, NumberEntry.init(json:)),
            seeds: Roster.Seeds(
                agents: try all(.seededAgent, Agent.init(json:)),
                numbers: try all(.seededNumber, NumberEntry.init(json:))),
            revision: try revision())
    }

    private func all<Entry>(
        _ kind: Kind, _ make: (JSONObject) throws(JSONError) -> Entry
    ) throws(CallStoreError) -> [Entry] {
        let sql = "SELECT content FROM roster WHERE kind = ? ORDER BY place"
        return try connection.all(sql, [.text(kind.rawValue)]) { row throws(CallStoreError) in
            try JSONText.read(row.bytes(0), make)
        }
    }

    /// Writes what differs.
    func write(_ new: Roster, over old: Roster) throws(CallStoreError) {
        guard new.revision != old.revision else { return }
        try write(.agent, rows(new.agents), over: rows(old.agents))
        try write(.number, rows(new.numbers), over: rows(old.numbers))
        try write(.seededAgent, rows(new.seeds.agents), over: rows(old.seeds.agents))
        try write(.seededNumber, rows(new.seeds.numbers), over: rows(old.seeds.numbers))
        try connection.run("INSERT OR REPLACE INTO house VALUES ('roster', ?)", .text(String(new.revision)))
    }

    private typealias Row = (name: String, text: String)

    private func rows(_ agents: [Agent]) -> [Row] { agents.map { ($0.id, JSONText.text($0.json)) } }

    private func rows(_ numbers: [NumberEntry]) -> [Row] {
        numbers.map { ($0.number.unmasked, JSONText.text($0.json)) }
    }

    /// An entry that changes keeps its place; one that is new comes last.
    private func write(_ kind: Kind, _ new: [Row], over old: [Row]) throws(CallStoreError) {
        let kind = SQLiteValue.text(kind.rawValue)
        let known = Dictionary(uniqueKeysWithValues: old.map { ($0.name, $0.text) })
        let names = Set(new.map(\.name))
        for row in old where !names.contains(row.name) {
            try connection.run("DELETE FROM roster WHERE kind = ? AND name = ?", kind, .text(row.name))
        }
        for row in new where known[row.name] != row.text {
            try connection.run(
                """
                INSERT INTO roster (kind, name, place, content)
                VALUES (?1, ?2, (SELECT coalesce(max(place), 0) + 1 FROM roster WHERE kind = ?1), ?3)
                ON CONFLICT (kind, name) DO UPDATE SET content = excluded.content
                """, kind, .text(row.name), .text(row.text))
        }
    }
}
