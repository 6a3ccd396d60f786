internal import Wording

/// All agents and numbers as a store keeps them. How they may change is said here, whoever keeps them.
public struct Roster: Hashable, Sendable {
    /// What the settings name.
    public struct Seeds: Hashable, Sendable {
        public var agents: [Agent]
        public var numbers: [NumberEntry]

        public init(agents: [Agent] = [], numbers: [NumberEntry] = []) {
            self.agents = agents
            self.numbers = numbers
        }
    }

    /// Of each: all of them are in every node's memory.
    public static let capacity = 10_000

    /// In the order in which they were added.
    public internal(set) var agents: [Agent]
    public internal(set) var numbers: [NumberEntry]
    /// As the settings named them when a node started last.
    public internal(set) var seeds: Seeds
    /// Grows with every change, so that a node that has read one knows whether there is another.
    public private(set) var revision: Int64

    public init(
        agents: [Agent] = [], numbers: [NumberEntry] = [], seeds: Seeds = Seeds(), revision: Int64 = 0
    ) {
        self.agents = agents
        self.numbers = numbers
        self.seeds = seeds
        self.revision = revision
    }

    public func agent(_ id: String) -> Agent? { agents.first { $0.id == id } }

    public func number(_ number: String) -> NumberEntry? { numbers.first { $0.number.unmasked == number } }

    /// The same after a change, under a revision of its own; itself where nothing came of it.
    public func edited(_ body: (inout Roster) throws(RosterRefusal) -> Void) throws(RosterRefusal) -> Roster {
        var roster = self
        try body(&roster)
        guard roster != self else { return self }
        roster.revision = revision + 1
        return roster
    }

    // MARK: who names an agent

    /// The numbers and agents that name an agent; while there are any it has to stay.
    func users(of id: String) -> [String] {
        numbers.filter { $0.agent == id || $0.canary?.agent == id }.map(\.number.unmasked)
            + agents.filter { $0.fallback.agent == id && $0.id != id }.map(\.id)
    }

    /// What an agent or number names has to be there.
    func check(_ agent: Agent) throws(RosterRefusal) {
        guard let other = agent.fallback.agent, other != agent.id, self.agent(other) == nil else { return }
        throw .unknownAgent(other, field: "fallback.agent")
    }

    func check(_ number: NumberEntry) throws(RosterRefusal) {
        for (id, field) in [(number.agent, "agent"), (number.canary?.agent, "canary.agent")] {
            if let id, agent(id) == nil { throw .unknownAgent(id, field: field) }
        }
    }
}
