internal import CallCore
internal import Commands
internal import Configuration
internal import JSONWire

extension Roster.Seeds {
    /// The agents and numbers that the settings name.
    init(_ settings: Settings) throws(UsageError) {
        self.init()
        for seed in settings.agents { agents.append(try Self.read(seed, "agent", as: Agent.init(json:))) }
        for seed in settings.numbers { numbers.append(try Self.read(seed, "number", as: NumberEntry.init(json:))) }
    }

    private static func read<T>(
        _ seed: Seed, _ what: String, as make: (JSONObject) throws(JSONError) -> T
    ) throws(UsageError) -> T {
        do throws(JSONError) {
            return try make(try JSONObject(parsing: Array(seed.json.utf8).span))
        } catch {
            throw UsageError("\(what) '\(seed.key)' at \(seed.position): \(error.message)")
        }
    }
}
