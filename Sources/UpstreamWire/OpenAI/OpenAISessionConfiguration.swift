public import JSONWire
public import MediaCore
internal import Wording

/// All that a session can be told about itself. What is nil is left as the server has it.
public struct OpenAISessionConfiguration: Hashable, Sendable {
    public enum Voice: Hashable, Sendable {
        case named(String)
        /// One that was made for the account.
        case custom(id: String)
    }

    public struct NoiseReduction: Hashable, Sendable {
        public enum Kind: String, Sendable {
            case nearField = "near_field"
            case farField = "far_field"
        }

        public var kind: Kind
        public var strength: Double?

        public init(_ kind: Kind, strength: Double? = nil) {
            self.kind = kind
            self.strength = strength
        }
    }

    public struct Transcription: Hashable, Sendable {
        public var model: String
        public var languages: [String]
        public var keywords: [String]
        public var prompt: String?

        public init(
            model: String = "gpt-transcribe", languages: [String] = [], keywords: [String] = [], prompt: String? = nil
        ) {
            self.model = model
            self.languages = languages
            self.keywords = keywords
            self.prompt = prompt
        }
    }

    public enum TurnDetection: Hashable, Sendable {
        /// What the documents say are the defaults, written out: a server's own differ.
        case phoneCall
        /// Null switches it off.
        case asGiven(JSONValue)
    }

    public enum ToolChoice: Hashable, Sendable {
        case auto
        case none
        case required
        case function(String)
    }

    /// What is forgotten when the conversation outgrows the model's context.
    public enum Truncation: Hashable, Sendable {
        case auto
        case disabled
        /// Cuts more than is needed, so that the next turns find the cache intact.
        case retentionRatio(Double, tokensAfterInstructions: Int?)
    }

    public struct Prompt: Hashable, Sendable {
        public var id: String
        public var version: String?
        public var variables: JSONObject?

        public init(id: String, version: String? = nil, variables: JSONObject? = nil) {
            self.id = id
            self.version = version
            self.variables = variables
        }
    }

    public struct Tracing: Hashable, Sendable {
        public var workflowName: String
        public var groupID: String?

        public init(workflowName: String, groupID: String? = nil) {
            self.workflowName = workflowName
            self.groupID = groupID
        }
    }

    public var instructions: String?
    public var inputFormat: AudioFormat?
    public var outputFormat: AudioFormat?
    public var voice: Voice?
    public var speed: Double?
    public var noiseReduction: NoiseReduction?
    public var transcription: Transcription?
    public var turnDetection: TurnDetection?
    /// False overrules the turn detection: the caller's speech does not stop what is being said.
    public var mayBeInterrupted = true
    public var tools: [UpstreamTool]?
    public var toolChoice: ToolChoice?
    /// Only the reasoning models take this and the next one; others refuse the whole configuration for it.
    public var callsToolsInParallel: Bool?
    public var reasoningEffort: String?
    /// Bounds a reply, and with it what has to be kept for playing: 20 tokens are a second of speech.
    public var maximumOutputTokens: Int?
    public var truncation: Truncation?
    public var prompt: Prompt?
    public var tracing: Tracing?

    public init() {}

    /// What a phone call needs, explicit where the server's own defaults are not what its documents say.
    public init(_ setup: UpstreamSetup) {
        let agent = setup.agent
        instructions = agent.instructions.map { TextTemplate.filling($0, with: agent.variables) }
        inputFormat = setup.formats.callerAudio
        outputFormat = setup.formats.agentAudio
        voice = agent.voice.map { $0.hasPrefix("voice_") ? .custom(id: $0) : .named($0) }
        if agent.transcribesCaller { transcription = Transcription(languages: agent.language.map { [$0] } ?? []) }
        turnDetection = agent.turnDetection.map { .asGiven($0) } ?? .phoneCall
        mayBeInterrupted = !(setup.protectsGreeting && setup.greets)
        tools = agent.tools
        toolChoice = agent.tools.isEmpty ? nil : .auto
        maximumOutputTokens = Self.usualOutputTokens
        truncation = .retentionRatio(0.8, tokensAfterInstructions: 8_000)
    }

    /// 102 seconds of speech, less than a call keeps for playing.
    static let usualOutputTokens = 2_048
}
