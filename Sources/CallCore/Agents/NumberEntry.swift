public import JSONWire
public import Wording

/// One of our phone numbers and who answers it.
public struct NumberEntry: Hashable, Sendable {
    /// A share of the calls goes to another agent.
    public struct Canary: Hashable, Sendable {
        public var agent: String
        /// From 0 to 1.
        public var share: Double

        public init(agent: String, share: Double) {
            self.agent = agent
            self.share = share
        }
    }

    public var number: PhoneNumber
    /// Nil is the agent that answers whatever no number names.
    public var agent: String?
    public var canary: Canary?
    public var label: String?

    public init(number: PhoneNumber, agent: String? = nil, canary: Canary? = nil, label: String? = nil) {
        self.number = number
        self.agent = agent
        self.canary = canary
        self.label = label
    }

    public init(json: JSONObject) throws(JSONError) {
        guard let number = try json.optionalPhoneNumber("number") else { throw .missing("number") }
        self.init(
            number: number, agent: try json.optionalIdentifier("agent"),
            canary: try Self.canary(json), label: try json.optionalString("label"))
    }

    public var json: JSONObject {
        .building { json in
            json.add("number", .string(number.unmasked))
            json.add("agent", agent.map { .string($0) })
            json.add(
                "canary",
                canary.map { canary in
                    .object(
                        .building { json in
                            json.add("agent", .string(canary.agent))
                            json.add("share", .double(canary.share))
                        })
                })
            json.add("label", label.map { .string($0) })
        }
    }

    private static func canary(_ json: JSONObject) throws(JSONError) -> Canary? {
        guard let canary = try json.optionalObject("canary") else { return nil }
        do throws(JSONError) {
            guard let agent = try canary.optionalIdentifier("agent") else { throw .missing("agent") }
            let share = try canary.optionalNumber("share") ?? 0
            guard (0...1).contains(share) else { throw .invalidValue("share") }
            return Canary(agent: agent, share: share)
        } catch {
            throw error.inside("canary")
        }
    }
}
