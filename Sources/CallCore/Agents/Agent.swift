public import JSONWire
public import Wording

/// One agent as its owner set it up. What is nil, the upstream or the settings decide.
public struct Agent: Hashable, Sendable {
    public enum Builtin: String, Hashable, Sendable, CaseIterable {
        case endCall = "end_call"
        case transferCall = "transfer_call"
        case sendDigits = "send_digits"
    }

    public enum Recording: String, Hashable, Sendable, CaseIterable {
        case off
        case opus
    }

    public enum Transcript: String, Hashable, Sendable, CaseIterable {
        case on
        case redacted
        case off
    }

    /// What the caller gets when the agent cannot be had.
    public struct Fallback: Hashable, Sendable {
        public var agent: String?
        public var say: String?
        public var transferTo: PhoneNumber?

        public init(agent: String? = nil, say: String? = nil, transferTo: PhoneNumber? = nil) {
            self.agent = agent
            self.say = say
            self.transferTo = transferTo
        }
    }

    /// Nil and zero are no limit of the agent's own.
    public struct Limits: Hashable, Sendable {
        public var maxCall: Duration?
        public var calls: Int?

        public init(maxCall: Duration? = nil, calls: Int? = nil) {
            self.maxCall = maxCall
            self.calls = calls
        }
    }

    public var id: String
    /// Nil is the first that is configured.
    public var upstream: UpstreamVendor?
    public var model: String?
    public var voice: String?
    public var instructions: String?
    /// Nil lets the model find its own greeting; empty waits for the caller.
    public var firstMessage: String?
    public var language: String?
    /// The caller cannot interrupt the first message.
    public var protectsGreeting = false
    /// The vendor's own, handed on as it is.
    public var turnDetection: JSONObject?
    public var elevenLabsAgentID: String?
    public var variables = JSONObject()
    public var metadata = JSONObject()
    public var tools: [AgentTool] = []
    public var builtins: [Builtin] = [.endCall]
    /// The only numbers that the agent may transfer to.
    public var transferTo: [PhoneNumber] = []
    public var allowsPrivateTools = false
    public var fallback = Fallback()
    public var recording = Recording.off
    public var consentMessage: String?
    public var transcript = Transcript.on
    public var limits = Limits()

    public init(id: String) {
        self.id = id
    }
}
