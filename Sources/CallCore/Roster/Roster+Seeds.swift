internal import Wording

extension Roster {
    /// Takes over what the settings name when a node starts.
    ///
    /// What the settings say newly counts: an entry that they name for the first time, or otherwise than at the start
    /// before, is as they say, whatever was made of it meanwhile. An entry that they name as before is left alone: it stays
    /// as the API has changed it, or away if that has deleted it. One that they name no more goes if nobody has changed it,
    /// as long as they name others of its kind: a node that was started without its file empties nothing.
    ///
    /// Where there is nothing at all, one agent `default` is put there.
    public mutating func plant(_ file: Seeds) {
        let agents = Self.unique(file.agents, \.id)
        let numbers = Self.unique(file.numbers, \.number.unmasked)
        if agents.isEmpty, numbers.isEmpty {
            guard self.agents.isEmpty, self.numbers.isEmpty, seeds == Seeds() else { return }
            return take(agents: [Agent(id: AgentDirectory.defaultAgent)])
        }
        // Numbers go first: they hold agents.
        if !numbers.isEmpty { dropNumbers(notIn: numbers) }
        take(agents: agents)
        take(numbers: numbers)
        if !agents.isEmpty { dropAgents(notIn: agents) }
    }

    private mutating func take(agents: [Agent]) {
        for agent in agents where !seeds.agents.contains(agent) {
            seeds.agents.removeAll { $0.id == agent.id }
            seeds.agents.append(agent)
            if let place = self.agents.firstIndex(where: { $0.id == agent.id }) {
                self.agents[place] = agent
            } else {
                self.agents.append(agent)
            }
        }
    }

    private mutating func take(numbers: [NumberEntry]) {
        for number in numbers where !seeds.numbers.contains(number) {
            seeds.numbers.removeAll { $0.number == number.number }
            seeds.numbers.append(number)
            if let place = self.numbers.firstIndex(where: { $0.number == number.number }) {
                self.numbers[place] = number
            } else {
                self.numbers.append(number)
            }
        }
    }

    private mutating func dropAgents(notIn named: [Agent]) {
        for seed in seeds.agents where !named.contains(where: { $0.id == seed.id }) {
            guard users(of: seed.id).isEmpty else { continue }  // Tried again with the next start.
            seeds.agents.removeAll { $0 == seed }
            agents.removeAll { $0 == seed }
        }
    }

    private mutating func dropNumbers(notIn named: [NumberEntry]) {
        for seed in seeds.numbers where !named.contains(where: { $0.number == seed.number }) {
            seeds.numbers.removeAll { $0 == seed }
            numbers.removeAll { $0 == seed }
        }
    }

    /// Of two with one name the first counts.
    private static func unique<Entry>(_ entries: [Entry], _ name: (Entry) -> String) -> [Entry] {
        var names: Set<String> = []
        return entries.filter { names.insert(name($0)).inserted }
    }
}
