internal import JSONWire

/// What the client says of a conversation before it begins.
struct Initiation: Hashable {
    private static let names = [
        "type", "conversation_config_override", "custom_llm_extra_body", "dynamic_variables", "user_id", "source_info",
        "branch_id", "environment", "starting_workflow_node_id", "procedure_ids", "start_procedure_ids",
        "tool_mock_config",
    ]
    /// What may be overridden, if the agent allows it.
    private static let fields: [String: [String]] = [
        "agent": ["prompt", "first_message", "language", "max_conversation_duration_message"],
        "tts": [
            "voice_id", "model_id", "stability", "similarity_boost", "speed", "clone_strength", "supported_voices",
            "pronunciation_dictionary_locators",
        ],
        "asr": ["keywords"], "turn": ["soft_timeout_config", "noisy_environment_message"],
        "conversation": ["text_only", "max_duration_seconds", "client_events"],
    ]
    private static let promptFields = [
        "prompt", "llm", "reasoning_effort", "tool_ids", "tool_ids_strict", "native_mcp_server_ids", "knowledge_base",
    ]

    private(set) var overrides: [String: JSONValue] = [:]
    private(set) var variables: [JSONObject.Member] = []
    /// Where something stands that the service does not look at.
    private(set) var ignored: [String] = []

    init() {}

    init(_ message: JSONObject) throws(ElevenLabsError) {
        ignored = message.members.map(\.name).filter { !Self.names.contains($0) }
        if let object = try message.objectIfPresent("conversation_config_override") { try take(overrides: object) }
        if let object = try message.objectIfPresent("dynamic_variables") { try take(variables: object) }
    }

    private mutating func take(overrides object: JSONObject) throws(ElevenLabsError) {
        for section in object.members {
            guard let known = Self.fields[section.name] else {
                ignored.append("conversation_config_override.\(section.name)")
                continue
            }
            guard let fields = try object.objectIfPresent(section.name) else { continue }
            for field in fields.members {
                if section.name == "agent", field.name == "prompt" {
                    for part in try fields.objectIfPresent("prompt")?.members ?? [] {
                        take(part, of: Self.promptFields)
                    }
                } else {
                    take(field, of: known)
                }
            }
        }
    }

    private mutating func take(_ field: JSONObject.Member, of known: [String]) {
        if known.contains(field.name) { overrides[field.name] = field.value } else { ignored.append(field.name) }
    }

    private mutating func take(variables object: JSONObject) throws(ElevenLabsError) {
        for variable in object.members {
            switch variable.value {
            case .null, .bool, .number, .string: variables.append(variable)
            case .array, .object:
                throw ElevenLabsError(
                    type: "value_error",
                    message: "Dynamic variable '\(variable.name)' must be a string, a number or a boolean.")
            }
            guard !variable.name.hasPrefix("system__") else {
                throw ElevenLabsError(
                    type: "value_error", message: "Dynamic variable '\(variable.name)' has a reserved name.")
            }
        }
    }

    /// Whether this agent takes it.
    func check(against agent: ElevenLabsAgent) throws(ElevenLabsError) {
        for field in overrides.keys.sorted() where !agent.allows(overriding: field) {
            throw ElevenLabsError(
                type: "override_error", message: "Override for field '\(field)' is not allowed by config.")
        }
        for (field, value) in overrides where ["prompt", "first_message", "language", "voice_id"].contains(field) {
            guard case .string = value else { throw .invalid("'\(field)' must be a string.") }
        }
        let missing = agent.neededVariables.filter { name in !variables.contains { $0.name == name } }
        guard missing.isEmpty else {
            throw ElevenLabsError(
                type: "missing_dynamic_variable",
                message: "Missing required dynamic variables: \(missing.joined(separator: ", "))")
        }
    }

    /// What it makes of the agent, for this conversation.
    func configure(_ agent: inout ElevenLabsAgent) {
        if case .number(let seconds)? = overrides["max_duration_seconds"], let seconds = seconds.integer, seconds > 0 {
            agent.longest = .seconds(min(seconds, 86_400))
        }
        if case .array(let events)? = overrides["client_events"] {
            agent.events = Set(events.compactMap { if case .string(let type) = $0 { type } else { nil } })
        }
    }

    func text(_ field: String) -> String? {
        if case .string(let text)? = overrides[field] { text } else { nil }
    }

    /// What the client wrote somewhere, where wishes may stand.
    var texts: [String] {
        let values = variables.compactMap { if case .string(let text) = $0.value { text } else { nil } }
        return (text("prompt").map { [$0] } ?? []) + values
    }
}
