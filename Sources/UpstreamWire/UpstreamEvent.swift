public import MediaCore
public import Timeline
public import Wording

/// What an upstream tells a call, whoever the vendor is.
public enum UpstreamEvent: Hashable, Sendable {
    /// The vendor took us in; it is not set up yet.
    case connected(sessionID: String?)
    /// Audio may flow. Comes once.
    case ready(UpstreamReady)
    /// Agent audio that could not be taken on the fast way, decoded.
    case agentAudio(AgentItem, [UInt8])
    /// No more audio of this item will come. It was not heard yet.
    case agentAudioEnded(AgentItem)
    /// The caller speaks. The time counts the caller audio of this session; nil is now, for vendors that tell no time.
    case callerSpeechStarted(at: Milliseconds?)
    /// The upstream stopped speaking for the caller: playback of what came so far, up to this item, has to stop, too.
    case interrupted(through: AgentItem?)
    /// With when the last word ended, counted the same way.
    case callerSpeechStopped(at: Milliseconds?)
    /// The caller said nothing for so long that the upstream takes a turn.
    case callerIdle
    case responseStarted
    /// No more of a response will come.
    case responseEnded(UpstreamResponseOutcome)
    case transcript(UpstreamTranscriptPiece)
    /// To be answered with `toolResult`, exactly once, whatever happens.
    case toolCall(UpstreamToolCall)
    /// What one response, or writing down one turn of the caller, used.
    case usage(UpstreamUsage)
    case rateLimits([UpstreamRateLimit])
    case warning(UpstreamWarning)
    /// It is over. Comes once, last.
    case ended(UpstreamFailure)
}

/// A piece of agent audio that is cut as a whole. Numbered by the session, in the order in which they are heard.
public struct AgentItem: Hashable, Sendable, Comparable {
    public let number: Int

    public init(number: Int) {
        self.number = number
    }

    public static func < (left: AgentItem, right: AgentItem) -> Bool {
        left.number < right.number
    }
}

/// What a session settled on.
public struct UpstreamReady: Hashable, Sendable {
    public let formats: UpstreamFormats
    /// Past it the upstream ends the session, whatever is being said.
    public let expiresAt: UTCTime?

    public init(formats: UpstreamFormats, expiresAt: UTCTime?) {
        self.formats = formats
        self.expiresAt = expiresAt
    }
}

public enum UpstreamResponseOutcome: Hashable, Sendable {
    case completed
    case interrupted
    case cutShort
    case failed
}

/// Words of one side, as they come.
public struct UpstreamTranscriptPiece: Hashable, Sendable {
    public let speaker: UpstreamSpeaker
    /// The vendor's name for the turn: pieces of it add up, and the final one replaces them.
    public let turn: String
    /// For the agent: whose audio says this.
    public let item: AgentItem?
    public let text: String
    public let isFinal: Bool
    /// For the caller: when it was said, counted in the caller audio of this session.
    public let start: Milliseconds?
    public let end: Milliseconds?

    public init(
        _ speaker: UpstreamSpeaker, turn: String, item: AgentItem? = nil, text: String, isFinal: Bool,
        start: Milliseconds? = nil, end: Milliseconds? = nil
    ) {
        self.speaker = speaker
        self.turn = turn
        self.item = item
        self.text = text
        self.isFinal = isFinal
        self.start = start
        self.end = end
    }
}

public struct UpstreamToolCall: Hashable, Sendable {
    public let id: String
    public let name: String
    /// JSON as the model wrote it, which may be anything.
    public let arguments: String

    public init(id: String, name: String, arguments: String) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}

public struct UpstreamRateLimit: Hashable, Sendable {
    /// Such as `requests` or `tokens`.
    public let name: PeerText
    public let limit: Int?
    public let remaining: Int?
    public let resetsIn: Duration?

    public init(name: PeerText, limit: Int?, remaining: Int?, resetsIn: Duration?) {
        self.name = name
        self.limit = limit
        self.remaining = remaining
        self.resetsIn = resetsIn
    }
}
