public import JSONWire
internal import Wording

/// One change of the agents and numbers that somebody asks for.
public enum RosterChange: Hashable, Sendable {
    case addAgent(Agent)
    /// In the place of the one with its id.
    case replaceAgent(Agent)
    /// A merge patch.
    case patchAgent(String, JSONObject)
    case removeAgent(String)
    case addNumber(NumberEntry)
    case replaceNumber(NumberEntry)
    case patchNumber(String, JSONObject)
    case removeNumber(String)
}

extension Roster {
    public mutating func apply(_ change: RosterChange) throws(RosterRefusal) {
        switch change {
        case .addAgent(let agent): try add(agent)
        case .replaceAgent(let agent): try replace(agent)
        case .patchAgent(let id, let patch):
            guard let known = agent(id) else { throw .noAgent(id) }
            try replace(try Agent(checking: known.json.merging(patch), patch: patch, keeping: id))
        case .removeAgent(let id): try removeAgent(id)
        case .addNumber(let number): try add(number)
        case .replaceNumber(let number): try replace(number)
        case .patchNumber(let text, let patch):
            guard let known = number(text) else { throw .noNumber(text) }
            try replace(try NumberEntry(checking: known.json.merging(patch), patch: patch, keeping: text))
        case .removeNumber(let text):
            guard let place = place(ofNumber: text) else { throw .noNumber(text) }
            numbers.remove(at: place)
        }
    }

    // MARK: agents

    private mutating func add(_ agent: Agent) throws(RosterRefusal) {
        guard self.agent(agent.id) == nil else { throw .agentTaken(agent.id) }
        guard agents.count < Self.capacity else { throw .full(limit: Self.capacity) }
        try check(agent)
        agents.append(agent)
    }

    private mutating func replace(_ agent: Agent) throws(RosterRefusal) {
        guard let place = agents.firstIndex(where: { $0.id == agent.id }) else { throw .noAgent(agent.id) }
        try check(agent)
        agents[place] = agent
    }

    private mutating func removeAgent(_ id: String) throws(RosterRefusal) {
        guard let place = agents.firstIndex(where: { $0.id == id }) else { throw .noAgent(id) }
        let users = users(of: id)
        guard users.isEmpty else { throw .agentInUse(id, by: users) }
        agents.remove(at: place)
    }

    // MARK: numbers

    private func place(ofNumber text: String) -> Int? { numbers.firstIndex { $0.number.unmasked == text } }

    private mutating func add(_ number: NumberEntry) throws(RosterRefusal) {
        guard place(ofNumber: number.number.unmasked) == nil else { throw .numberTaken(number.number.unmasked) }
        guard numbers.count < Self.capacity else { throw .full(limit: Self.capacity) }
        try check(number)
        numbers.append(number)
    }

    private mutating func replace(_ number: NumberEntry) throws(RosterRefusal) {
        guard let place = place(ofNumber: number.number.unmasked) else { throw .noNumber(number.number.unmasked) }
        try check(number)
        numbers[place] = number
    }
}
