internal import CallCore

/// How the messages of a vendor are told apart without reading them. A vendor more is a value more.
struct AgentDialect {
    /// The caller's audio goes by the upstream in this.
    let callerAudio: [UInt8]
    /// From it on the session is ready.
    let ready: [UInt8]
    let agentAudio: [UInt8]
    /// The caller interrupts.
    let interruption: [UInt8]

    static func of(_ vendor: UpstreamVendor) -> AgentDialect {
        switch vendor {
        case .openAI: openAI
        case .elevenLabs: elevenLabs
        }
    }

    private static let openAI = AgentDialect(
        callerAudio: Array(#"{"type":"input_audio_buffer.append","audio":""#.utf8),
        ready: Array(#"{"type":"session.updated""#.utf8),
        agentAudio: Array(#"{"type":"response.output_audio.delta""#.utf8),
        interruption: Array(#"{"type":"input_audio_buffer.speech_started""#.utf8))

    private static let elevenLabs = AgentDialect(
        callerAudio: Array(#"{"user_audio_chunk":""#.utf8),
        ready: Array(#"{"type":"conversation_initiation_metadata""#.utf8),
        agentAudio: Array(#"{"type":"audio""#.utf8),
        interruption: Array(#"{"type":"interruption""#.utf8))
}
