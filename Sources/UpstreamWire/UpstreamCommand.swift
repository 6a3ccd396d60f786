public import JSONWire
public import MediaCore

/// What a call asks of its upstream. A vendor that has no such thing does the nearest, or nothing.
public enum UpstreamCommand: Hashable, Sendable {
    /// The caller is on the line: say the first message, or go on with the conversation.
    case greet
    /// The greeting was heard: from now on the caller may interrupt, as the agent says. Does nothing a second time.
    case allowInterruptions
    /// Answer now. `instructions` are for this answer alone, on top of the agent's own.
    case respond(instructions: String? = nil, mayUseTools: Bool = true)
    case cancelResponse
    /// The caller interrupted; playback was stopped.
    case interrupt(UpstreamCut)
    /// Only so much of this was heard.
    case truncate(AgentItem, heard: Milliseconds)
    /// Nothing of this was heard.
    case delete(AgentItem)
    /// Something for the model to know; with `answered` it speaks about it at once.
    case message(UpstreamMessageRole, String, answered: Bool)
    /// Something that the agent is to tell the caller.
    case say(String)
    /// Keys that the caller pressed.
    case digits(String)
    /// The caller does something that the upstream cannot hear, such as pressing keys: it must not take the silence for
    /// its turn.
    case callerIsBusy
    /// Answers a tool call, once.
    case toolResult(callID: String, output: String)
    case update(UpstreamUpdate)
    /// Ends the caller's turn, where the upstream does not detect that.
    case commitAudio
}

public enum UpstreamMessageRole: Hashable, Sendable {
    case system
    case caller
    case agent
}

/// Changes to a running session; what is nil stays.
public struct UpstreamUpdate: Hashable, Sendable {
    public var instructions: String?
    public var tools: [UpstreamTool]?
    /// The vendor's own; null switches it off.
    public var turnDetection: JSONValue?

    public init(instructions: String? = nil, tools: [UpstreamTool]? = nil, turnDetection: JSONValue? = nil) {
        self.instructions = instructions
        self.tools = tools
        self.turnDetection = turnDetection
    }
}

/// What the playout ledger says about an interruption.
public struct UpstreamCut: Hashable, Sendable {
    /// The item that was being heard, and how much of it.
    public var audible: Audible?
    /// Received, and not begun.
    public var unheard: [AgentItem]

    public struct Audible: Hashable, Sendable {
        public let item: AgentItem
        public let heard: Milliseconds

        public init(_ item: AgentItem, heard: Milliseconds) {
            self.item = item
            self.heard = heard
        }
    }

    public init(audible: Audible? = nil, unheard: [AgentItem] = []) {
        self.audible = audible
        self.unheard = unheard
    }
}
