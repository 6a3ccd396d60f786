public import JSONWire
internal import Wording

/// What a conversation begins with: how it differs from the agent as it is set up at ElevenLabs.
///
/// Each override has to be allowed there, or the server ends the conversation. So only what our own agent names is sent,
/// and nothing just in case.
public struct ElevenLabsInitiation: Hashable, Sendable {
    public var prompt: String?
    public var model: String?
    /// Empty lets the agent wait for the caller.
    public var firstMessage: String?
    public var language: String?
    public var voice: String?
    /// The vendor's own turn settings, handed on as they are.
    public var turn: JSONValue?
    /// Filled in by the server where texts say `{{name}}`; they need no permission.
    public var variables = JSONObject()

    public init() {}

    /// - Parameter mayOverride: Whether anything may be changed, as far as is known.
    public init(_ setup: UpstreamSetup, mayOverride: Bool = true) {
        let agent = setup.agent
        variables = Self.allowed(agent.variables)
        guard mayOverride else { return }
        prompt = agent.instructions
        model = agent.model
        firstMessage = agent.firstMessage
        language = agent.language
        voice = agent.voice
        turn = agent.turnDetection
        // A conversation that goes on is not greeted again. Where our agent has a first message of its own, overriding it
        // is allowed; elsewhere the greeting comes and is not played.
        if !setup.pastTurns.isEmpty, firstMessage != nil { firstMessage = "" }
    }

    /// Texts, numbers and truth values; names of the vendor's own are not ours to set.
    private static func allowed(_ variables: JSONObject) -> JSONObject {
        JSONObject(
            variables.members.compactMap { member in
                guard !member.name.hasPrefix("system__") else { return nil }
                switch member.value {
                case .string, .number, .bool: return member
                case .null: return nil
                case .array, .object:
                    var json = JSONWriter()
                    member.value.write(to: &json)
                    return JSONObject.Member(name: member.name, value: .string(json.text))
                }
            })
    }

    func writeMembers(to json: inout JSONWriter) {
        let overrides = overrides
        if !overrides.members.isEmpty {
            json.key("conversation_config_override")
            JSONValue.object(overrides).write(to: &json)
        }
        if !variables.members.isEmpty {
            json.key("dynamic_variables")
            JSONValue.object(variables).write(to: &json)
        }
    }

    private var overrides: JSONObject {
        .building { json in
            json.add("agent", Self.unlessEmpty(agent))
            json.add("tts", voice.map { voice in .object(.building { $0.add("voice_id", .string(voice)) }) })
            json.add("turn", turn)
        }
    }

    private var agent: JSONObject {
        .building { json in
            json.add(
                "prompt",
                Self.unlessEmpty(
                    .building { json in
                        json.add("prompt", prompt.map { .string($0) })
                        json.add("llm", model.map { .string($0) })
                    }))
            json.add("first_message", firstMessage.map { .string($0) })
            json.add("language", language.map { .string($0) })
        }
    }

    private static func unlessEmpty(_ object: JSONObject) -> JSONValue? {
        object.members.isEmpty ? nil : .object(object)
    }
}
