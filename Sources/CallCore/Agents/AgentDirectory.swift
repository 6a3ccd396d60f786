internal import Wording

/// All agents and numbers, and who answers which call.
public struct AgentDirectory: Hashable, Sendable {
    public static let defaultAgent = "default"

    public let agents: [Agent]
    public let numbers: [NumberEntry]
    /// Those that are configured, the one first that agents without an upstream speak with.
    public let upstreams: [UpstreamVendor]

    private let agentsByID: [String: Agent]
    private let numbersByText: [String: NumberEntry]

    /// Of two agents with one id, and of two entries of one number, the first counts. With neither agents nor numbers
    /// there is one agent `default`, which answers every number.
    public init(agents: [Agent], numbers: [NumberEntry], upstreams: [UpstreamVendor]) {
        let agents = agents.isEmpty && numbers.isEmpty ? [Agent(id: Self.defaultAgent)] : agents
        self.agents = agents
        self.numbers = numbers
        self.upstreams = upstreams
        agentsByID = Dictionary(agents.map { ($0.id, $0) }) { first, _ in first }
        numbersByText = Dictionary(numbers.map { ($0.number.unmasked, $0) }) { first, _ in first }
    }

    /// Ids of agents that are named somewhere and do not exist, in the order in which they are met.
    public var missingAgents: [String] {
        var missing: [String] = []
        let named = numbers.flatMap { [$0.agent, $0.canary?.agent] } + agents.map(\.fallback.agent)
        for case let id? in named where agentsByID[id] == nil && !missing.contains(id) { missing.append(id) }
        return missing
    }

    public func agent(_ id: String) -> Agent? {
        agentsByID[id]
    }

    /// Who answers a call to `number`.
    ///
    /// A number that is not listed, or names no agent, is answered by the agent `default`; without one, as long as no
    /// number is listed at all, by the first. A canary that does not exist takes no call.
    ///
    /// - Parameter call: The carrier's id, which decides whether the call is a canary's: the same on every node, however
    ///   often it is asked.
    public func answer(to number: String, call: String) -> AgentAnswer {
        guard let entry = numbersByText[number] else { return anyone.map { .agent($0) } ?? .nobody(.number) }
        if let canary = entry.canary, let agent = agentsByID[canary.agent], canary.takes(call, to: number) {
            return .agent(agent, isCanary: true)
        }
        guard let id = entry.agent else { return anyone.map { .agent($0) } ?? .nobody(.number) }
        return agentsByID[id].map { .agent($0) } ?? .nobody(.agent(id))
    }

    private var anyone: Agent? {
        agentsByID[Self.defaultAgent] ?? (numbers.isEmpty ? agents.first : nil)
    }

    /// The upstream that an agent speaks with; nil when none is configured.
    public func upstream(of agent: Agent) -> UpstreamVendor? {
        agent.upstream ?? upstreams.first
    }

    /// Who takes over when an agent's upstream cannot be had: the agent that it names, or itself on the other upstream
    /// if that is configured.
    public func fallback(for agent: Agent) -> Agent? {
        if let id = agent.fallback.agent { return id == agent.id ? nil : agentsByID[id] }
        guard let upstream = upstream(of: agent), let other = upstreams.first(where: { $0 != upstream }) else {
            return nil
        }
        return self.agent(agent, on: other)
    }

    /// An agent on an upstream that may not be its own.
    public func agent(_ agent: Agent, on upstream: UpstreamVendor) -> Agent {
        var twin = agent
        let own = self.upstream(of: agent)
        twin.upstream = upstream
        guard own != upstream else { return twin }
        // These are words of the first vendor.
        twin.model = nil
        twin.voice = nil
        twin.turnDetection = nil
        return twin
    }
}
