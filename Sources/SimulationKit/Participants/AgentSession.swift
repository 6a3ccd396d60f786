internal import PracticeKit
internal import Timeline

/// One vendor's agent at the far end of an upstream's connection: messages and time in, what is to be done out. It holds
/// no socket. A vendor more is a file more, and a case of `UpstreamPlan.Agent`.
protocol AgentSession: AnyObject {
    /// When `advance` is needed.
    var wakeUp: Deadline { get }
    /// By the agent's own detection of turns.
    var isCallerSpeaking: Bool { get }

    /// The connection is up.
    func open(at now: Instant) -> [AgentEffect]
    func receive(_ text: [UInt8], at now: Instant) -> [AgentEffect]
    func advance(to now: Instant) -> [AgentEffect]
    func closed(code: UInt16, byPeer: Bool, at now: Instant) -> [AgentEffect]
}

enum AgentEffect {
    case send([UInt8])
    case close(code: UInt16, reason: String)
    case reset
    /// Neither reads nor sends any more, and leaves the connection as it is.
    case freeze
    /// It takes its leave: it will be heard to the end.
    case farewell
    case tell(String)
    case broken(rule: String, String)
}

/// How the messages of a vendor are told apart without reading them.
struct AgentDialect {
    /// The caller's audio goes by the upstream in this.
    let callerAudio: [UInt8]
    /// From it on the session is ready.
    let ready: [UInt8]
    let agentAudio: [UInt8]
    /// The caller interrupts.
    let interruption: [UInt8]

    static let openAI = AgentDialect(
        callerAudio: Array(#"{"type":"input_audio_buffer.append","audio":""#.utf8),
        ready: Array(#"{"type":"session.updated""#.utf8),
        agentAudio: Array(#"{"type":"response.output_audio.delta""#.utf8),
        interruption: Array(#"{"type":"input_audio_buffer.speech_started""#.utf8))

    static let elevenLabs = AgentDialect(
        callerAudio: Array(#"{"user_audio_chunk":""#.utf8),
        ready: Array(#"{"type":"conversation_initiation_metadata""#.utf8),
        agentAudio: Array(#"{"type":"audio""#.utf8),
        interruption: Array(#"{"type":"interruption""#.utf8))
}
