public import JSONWire
public import Timeline
public import Wording

/// What somebody asks for who wants a call to be dialled: read, and held against the rules.
public struct DialRequest: Hashable, Sendable {
    /// What is wrong with it, by the member that is.
    public struct Problem: Error, Hashable, Sendable {
        public let field: String?
        public let code: String
        public let message: String
    }

    public let to: PhoneNumber
    public let from: PhoneNumber
    public let agent: Agent
    public let variables: JSONObject
    public let metadata: JSONObject
    public let scheduledAt: UTCTime?
    public let detection: DialOrder.MachineDetection?

    private static let members = [
        "to", "from", "agent", "variables", "metadata", "schedule_at", "machine_detection",
    ]

    public init(
        _ json: JSONObject, rules: DialRules, agents: AgentDirectory, at now: UTCTime
    ) throws(Problem) {
        // A member that is not known may be one that was meant to hold the call back.
        for member in json.members where !Self.members.contains(member.name) {
            let hint = NearMiss.hint(for: member.name, among: Self.members)
            throw Problem(
                field: PeerText(member.name).description, code: "call.unknown_member",
                message: "There is no member '\(PeerText(member.name))'\(hint).")
        }
        guard let to = try Self.number("to", json) else { throw Self.missing("to") }
        self.to = to
        if let refusal = rules.refusal(of: to) {
            throw Problem(field: "to", code: refusal.code, message: refusal.message)
        }
        let wanted = try Self.read("agent") { () throws(JSONError) in try json.optionalString("agent") }
        let given = try Self.number("from", json)
        if let given, !given.isE164 {
            let refusal = DialRules.NumberRefusal.malformed
            throw Problem(field: "from", code: refusal.code, message: refusal.message)
        }
        agent = try Self.agent(wanted, from: given, agents)
        if let given { from = given } else { from = try Self.caller(for: agent, agents) }
        variables = try Self.object("variables", json)
        metadata = try Self.object("metadata", json)
        scheduledAt = try Self.schedule(json, rules, now)
        detection = try Self.detection(json)
    }

    // MARK: members

    private static func missing(_ field: String) -> Problem {
        Problem(field: field, code: "json.missing", message: "The member '\(field)' is missing.")
    }

    private static func read<Value>(
        _ field: String, _ value: () throws(JSONError) -> Value
    ) throws(Problem) -> Value {
        do throws(JSONError) {
            return try value()
        } catch {
            throw Problem(field: field, code: error.code, message: error.message)
        }
    }

    private static func number(_ field: String, _ json: JSONObject) throws(Problem) -> PhoneNumber? {
        try read(field) { () throws(JSONError) in try json.optionalString(field) }.map { PhoneNumber($0) }
    }

    private static func object(_ field: String, _ json: JSONObject) throws(Problem) -> JSONObject {
        try read(field) { () throws(JSONError) in try json.optionalObject(field) } ?? JSONObject()
    }

    /// The one that is named; else the one that answers the number that the call comes from.
    private static func agent(
        _ id: String?, from number: PhoneNumber?, _ agents: AgentDirectory
    ) throws(Problem) -> Agent {
        if let id {
            guard let agent = agents.agent(id) else {
                throw Problem(
                    field: "agent", code: "call.no_agent", message: "There is no agent '\(PeerText(id))'.")
            }
            return agent
        }
        // Whoever answers calls to that number, but for canaries: they are for callers.
        let own = number.flatMap { number in agents.numbers.first { $0.number == number }?.agent }
        guard let agent = own.map({ agents.agent($0) }) ?? agents.answer(to: "", call: "").agent else {
            throw Problem(
                field: "agent", code: "call.no_agent",
                message: "The call has no agent. Name one, or set up an agent named default.")
        }
        return agent
    }

    /// The agent's own number, else the first.
    private static func caller(for agent: Agent, _ agents: AgentDirectory) throws(Problem) -> PhoneNumber {
        let own = agents.numbers.first { $0.agent == agent.id } ?? agents.numbers.first
        guard let own else {
            throw Problem(
                field: "from", code: "call.no_caller_id",
                message: "The call has no number to come from. Give 'from', or list a number of the account in numbers."
            )
        }
        return own.number
    }

    private static func schedule(
        _ json: JSONObject, _ rules: DialRules, _ now: UTCTime
    ) throws(Problem) -> UTCTime? {
        let field = "schedule_at"
        guard let text = try read(field, { () throws(JSONError) in try json.optionalString(field) }) else { return nil }
        guard let time = UTCTime(rfc3339: text) else {
            throw Problem(
                field: field, code: "call.schedule_malformed",
                message: "This is no time in RFC 3339, such as 2026-01-15T10:30:00Z.")
        }
        if let expiry = rules.expiry(of: time), expiry <= now {
            throw Problem(
                field: field, code: "call.schedule_over",
                message: "That time is over for longer than a call may wait (timeouts.schedule_expires_s).")
        }
        return time
    }

    private static func detection(_ json: JSONObject) throws(Problem) -> DialOrder.MachineDetection? {
        let field = "machine_detection"
        guard let word = try read(field, { () throws(JSONError) in try json.optionalString(field) }), word != "off"
        else { return nil }
        guard let detection = DialOrder.MachineDetection(rawValue: word) else {
            throw Problem(
                field: field, code: "json.invalid_value",
                message: "It is off, early (told as soon as it is known) or after-greeting.")
        }
        return detection
    }
}
