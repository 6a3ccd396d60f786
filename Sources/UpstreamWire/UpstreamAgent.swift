public import JSONWire

/// What an upstream has to know about the agent that it plays. Each vendor takes what it has a place for.
public struct UpstreamAgent: Hashable, Sendable {
    public var model: String?
    public var voice: String?
    public var instructions: String?
    /// Said as soon as the caller is there. Nil lets the model find its own greeting; empty waits for the caller.
    public var firstMessage: String?
    /// Such as `en`.
    public var language: String?
    /// The vendor's own turn detection settings, handed on as they are.
    public var turnDetection: JSONValue?
    public var tools: [UpstreamTool] = []
    /// Whether what the caller says is to be written down.
    public var transcribesCaller = true
    /// For vendors where agents are set up on their side.
    public var vendorAgentID: String?
    /// Filled in where instructions and first message say `{{name}}`, or handed on where the vendor does that.
    public var variables = JSONObject()

    public init() {}
}

/// A function that the model may call.
public struct UpstreamTool: Hashable, Sendable {
    public var name: String
    public var description: String?
    /// A JSON schema.
    public var parameters: JSONObject?

    public init(name: String, description: String? = nil, parameters: JSONObject? = nil) {
        self.name = name
        self.description = description
        self.parameters = parameters
    }
}

public enum UpstreamSpeaker: Hashable, Sendable {
    case caller
    case agent
}

/// Something said before, for a session that goes on where another one ended.
public struct UpstreamPastTurn: Hashable, Sendable {
    public let speaker: UpstreamSpeaker
    public let text: String

    public init(_ speaker: UpstreamSpeaker, _ text: String) {
        self.speaker = speaker
        self.text = text
    }
}

/// All that a session is begun with.
public struct UpstreamSetup: Hashable, Sendable {
    public var agent: UpstreamAgent
    /// What we would like; `UpstreamReady` says what it became.
    public var formats: UpstreamFormats
    /// The conversation so far. Not empty means that it goes on: the agent must not greet again.
    public var pastTurns: [UpstreamPastTurn]
    /// The caller does not interrupt the greeting: the upstream goes on speaking until `allowInterruptions`. Means
    /// nothing where there is no greeting.
    public var protectsGreeting: Bool

    public init(
        agent: UpstreamAgent, formats: UpstreamFormats, pastTurns: [UpstreamPastTurn] = [],
        protectsGreeting: Bool = false
    ) {
        self.agent = agent
        self.formats = formats
        self.pastTurns = pastTurns
        self.protectsGreeting = protectsGreeting
    }

    /// Whether the upstream is the one who speaks first.
    var greets: Bool { pastTurns.isEmpty && agent.firstMessage != "" }
}
