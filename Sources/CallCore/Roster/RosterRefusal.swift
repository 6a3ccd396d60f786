public import JSONWire

/// Why agents and numbers stay as they are.
public enum RosterRefusal: Error, Hashable, Sendable {
    case agentTaken(String)
    case numberTaken(String)
    case noAgent(String)
    case noNumber(String)
    /// Numbers, or agents whose fallback it is, name it.
    case agentInUse(String, by: [String])
    case unknownAgent(String, field: String)
    case invalid(JSONError)
    case unknownMember(String)
    /// An agent's id, and a number, are for good.
    case renamed(String)
    case full(limit: Int)

    public var code: String {
        switch self {
        case .agentTaken: "agent.exists"
        case .numberTaken: "number.exists"
        case .noAgent: "agent.not_found"
        case .noNumber: "number.not_found"
        case .agentInUse: "agent.in_use"
        case .unknownAgent: "agent.unknown"
        case .invalid(let error): error.code
        case .unknownMember: "json.unknown_member"
        case .renamed: "json.renamed"
        case .full: "roster.full"
        }
    }

    public var message: String {
        switch self {
        case .agentTaken(let id): "There is an agent \(id) already. Change it with PUT or PATCH, or choose another id."
        case .numberTaken(let number): "The number \(number) is listed already. Change it with PUT or PATCH."
        case .noAgent(let id): "There is no agent \(id)."
        case .noNumber(let number):
            "The number \(number) is not listed. `patchbay numbers connect \(number)` lists it and has its calls come here."
        case .agentInUse(let id, let users):
            "The agent \(id) is still named by \(Self.list(users)). Let them name another one first."
        case .unknownAgent(let id, let field):
            "'\(field)' names the agent \(id), which does not exist. Create it first."
        case .invalid(.invalidValue(let name)) where name == "number" || name.hasSuffix("transfer_to"):
            "'\(name)' must be a phone number in E.164: a plus sign, the country and the number, such as +15550001111."
        case .invalid(let error): error.message
        case .unknownMember(let name): "There is no member '\(name)' here. Check how it is written."
        case .renamed(let name): "'\(name)' cannot be changed. Create a new one, and delete this one."
        case .full(let limit): "There are \(limit) of them already, which is all that can be kept."
        }
    }

    /// The member of the request that is wrong.
    public var field: String? {
        switch self {
        case .unknownAgent(_, let field), .unknownMember(let field), .renamed(let field): field
        case .invalid(.missing(let name)), .invalid(.invalidValue(let name)): name
        case .invalid(.wrongType(let name, _, _)): name.isEmpty ? nil : name
        case .agentTaken: "id"
        case .numberTaken: "number"
        case .invalid, .noAgent, .noNumber, .agentInUse, .full: nil
        }
    }

    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(5).joined(separator: ", ")
        return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
    }
}
