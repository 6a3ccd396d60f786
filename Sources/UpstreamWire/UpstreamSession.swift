public import Timeline

/// One conversation with an upstream: its messages in, facts out; commands in, its messages out.
///
/// A value without socket, clock or log. Whoever owns it sends `UpstreamOutput.messages` in their order, each as one
/// WebSocket text message.
public protocol UpstreamSession: Sendable {
    /// The WebSocket is open. Nothing may be said to the caller before `UpstreamEvent.ready`.
    mutating func opened(at now: Instant) -> UpstreamOutput

    /// Takes one text message. Allocates nothing for agent audio.
    mutating func receive(_ message: Span<UInt8>, at now: Instant) -> UpstreamReception

    mutating func perform(_ command: UpstreamCommand, at now: Instant) -> UpstreamOutput

    /// Whether an item may be the rest of an earlier one. Where the end of an answer's audio is not the upstream's word but
    /// taken from a silence, more of it may come, and is another item.
    func mayBeRest(_ item: AgentItem, of earlier: AgentItem) -> Bool

    /// When `deadlineReached` has to be called next.
    var deadline: Deadline { get }

    mutating func deadlineReached(at now: Instant) -> UpstreamOutput

    /// The WebSocket is closed: the code as it was on the wire, 1006 if there was none.
    mutating func closed(code: UInt16, reason: String, at now: Instant) -> UpstreamOutput

    /// The message that carries caller audio: always the same one, so that no frame has to ask for it.
    var callerAudio: AudioMessageForm { get }
}

/// What came of a message or a command.
public struct UpstreamOutput: Hashable, Sendable {
    public var events: [UpstreamEvent] = []
    /// To be sent, in order.
    public var messages: [[UInt8]] = []

    public init() {}
}

/// What a message was.
public enum UpstreamReception: Hashable, Sendable {
    /// Agent audio. `base64` is where it stands in the message.
    case audio(AgentItem, base64: Range<Int>)
    /// Agent audio of something interrupted or given up: not to be played.
    case lateAudio
    case other(UpstreamOutput)
}
