public import JSONWire
internal import Timeline
internal import Wording

// Agents in the form that the settings file and the API have.
extension Agent {
    public init(json: JSONObject) throws(JSONError) {
        guard let id = try json.optionalIdentifier("id") else { throw .missing("id") }
        self.init(id: id)
        upstream = try json.optionalWord("upstream")
        model = try json.optionalString("model")
        voice = try json.optionalString("voice")
        instructions = try json.optionalString("instructions")
        firstMessage = try json.optionalString("first_message")
        language = try json.optionalString("language")
        protectsGreeting = try json.optionalBool("protect_greeting") ?? protectsGreeting
        turnDetection = try json.optionalObject("turn_detection")
        elevenLabsAgentID = try json.optionalString("elevenlabs_agent_id")
        variables = try json.optionalObject("variables") ?? variables
        metadata = try json.optionalObject("metadata") ?? metadata
        tools =
            try json.optionalObjects("tools") { tool throws(JSONError) in try AgentTool(json: tool) } ?? tools
        builtins = try Self.builtins(json) ?? builtins
        transferTo = try Self.transferTargets(json) ?? transferTo
        allowsPrivateTools = try json.optionalBool("allow_private_tools") ?? allowsPrivateTools
        if let fallback = try json.optionalObject("fallback") {
            self.fallback = try Self.inside("fallback") { () throws(JSONError) in try Fallback(json: fallback) }
        }
        recording = try json.optionalWord("recording") ?? recording
        consentMessage = try json.optionalString("consent_message")
        transcript = try json.optionalWord("transcript") ?? transcript
        if let limits = try json.optionalObject("limits") {
            self.limits = try Self.inside("limits") { () throws(JSONError) in try Limits(json: limits) }
        }
    }

    private static func inside<Value>(
        _ place: String, _ read: () throws(JSONError) -> Value
    ) throws(JSONError) -> Value {
        do throws(JSONError) {
            return try read()
        } catch {
            throw error.inside(place)
        }
    }

    private static func builtins(_ json: JSONObject) throws(JSONError) -> [Builtin]? {
        guard let words = try json.optionalStrings("builtins") else { return nil }
        let known = words.compactMap { Builtin(rawValue: $0) }
        guard known.count == words.count else { throw .invalidValue("builtins") }
        return known
    }

    private static func transferTargets(_ json: JSONObject) throws(JSONError) -> [PhoneNumber]? {
        guard let texts = try json.optionalStrings("transfer_to") else { return nil }
        guard texts.allSatisfy(JSONObject.isDialable) else { throw .invalidValue("transfer_to") }
        return texts.map { PhoneNumber($0) }
    }

    /// With what holds for members that were not given, too.
    public var json: JSONObject {
        .building { json in
            json.add("id", .string(id))
            json.add("upstream", upstream.map { .string($0.rawValue) })
            json.add("model", model.map { .string($0) })
            json.add("voice", voice.map { .string($0) })
            json.add("instructions", instructions.map { .string($0) })
            json.add("first_message", firstMessage.map { .string($0) })
            json.add("language", language.map { .string($0) })
            json.add("protect_greeting", .bool(protectsGreeting))
            json.add("turn_detection", turnDetection.map { .object($0) })
            json.add("elevenlabs_agent_id", elevenLabsAgentID.map { .string($0) })
            json.add("variables", .object(variables))
            json.add("metadata", .object(metadata))
            json.add("tools", .array(tools.map { .object($0.json) }))
            json.add("builtins", .strings(builtins.map(\.rawValue)))
            json.add("transfer_to", .strings(transferTo.map(\.unmasked)))
            json.add("allow_private_tools", .bool(allowsPrivateTools))
            json.add("fallback", fallback == Fallback() ? nil : .object(fallback.json))
            json.add("recording", .string(recording.rawValue))
            json.add("consent_message", consentMessage.map { .string($0) })
            json.add("transcript", .string(transcript.rawValue))
            json.add("limits", limits == Limits() ? nil : .object(limits.json))
        }
    }
}

extension Agent.Fallback {
    init(json: JSONObject) throws(JSONError) {
        self.init(
            agent: try json.optionalIdentifier("agent"), say: try json.optionalString("say"),
            transferTo: try json.optionalPhoneNumber("transfer_to"))
    }

    var json: JSONObject {
        .building { json in
            json.add("agent", agent.map { .string($0) })
            json.add("say", say.map { .string($0) })
            json.add("transfer_to", transferTo.map { .string($0.unmasked) })
        }
    }
}

extension Agent.Limits {
    init(json: JSONObject) throws(JSONError) {
        self.init(
            maxCall: try json.optionalSeconds("max_call_s"),
            calls: try json.optionalCount("calls", in: 0...1_000_000))
    }

    var json: JSONObject {
        .building { json in
            json.add("max_call_s", maxCall.map { .double($0.inSeconds) })
            json.add("calls", calls.map { .integer($0) })
        }
    }
}
