import JSONWire
import MediaCore
import Testing
import UpstreamWire

extension Probe<ElevenLabsSession> {
    init(
        agent: UpstreamAgent = UpstreamAgent(), pastTurns: [UpstreamPastTurn] = [], protectsGreeting: Bool = false,
        dropsEqual: Bool = false
    ) {
        self.init(
            ElevenLabsSession(
                UpstreamSetup(
                    agent: agent, formats: UpstreamFormats(callerAudio: .muLaw8k, agentAudio: .muLaw8k),
                    pastTurns: pastTurns, protectsGreeting: protectsGreeting), dropsEqualEventID: dropsEqual))
    }

    /// Begun, and everything about that forgotten.
    static func ready(
        agent: UpstreamAgent = UpstreamAgent(), pastTurns: [UpstreamPastTurn] = [], protectsGreeting: Bool = false,
        dropsEqual: Bool = false
    ) throws -> Self {
        var probe = Self(
            agent: agent, pastTurns: pastTurns, protectsGreeting: protectsGreeting, dropsEqual: dropsEqual)
        try probe.open()
        try probe.metadata()
        probe.forget()
        return probe
    }

    mutating func open() throws {
        try take(session.opened(at: now))
    }

    // MARK: What the server says

    mutating func metadata(input: String = "ulaw_8000", output: String = "ulaw_8000") throws {
        try receive(
            #"{"type":"conversation_initiation_metadata","conversation_initiation_metadata_event":{"#
                + #""conversation_id":"conv_1","agent_output_audio_format":""# + output
                + #"","user_input_audio_format":""# + input + #""}}"#)
    }

    @discardableResult
    mutating func audio(_ id: Int, base64: String = "////") throws -> UpstreamReception {
        try receive(#"{"type":"audio","audio_event":{"audio_base_64":"\#(base64)","event_id":\#(id)}}"#)
    }

    mutating func interrupt(_ id: Int) throws {
        try receive(#"{"type":"interruption","interruption_event":{"event_id":\#(id)}}"#)
    }

    mutating func says(_ text: String, _ id: Int) throws {
        try receive(
            #"{"type":"agent_response","agent_response_event":{"agent_response":"\#(text)","event_id":\#(id)}}"#)
    }

    mutating func hears(_ text: String, _ id: Int = 1) throws {
        try receive(
            #"{"type":"user_transcript","user_transcription_event":"#
                + #"{"user_transcript":"\#(text)","event_id":\#(id)}}"#)
    }

    mutating func calls(_ tool: String, _ id: String) throws {
        try receive(
            #"{"type":"client_tool_call","client_tool_call":{"tool_name":"\#(tool)","tool_call_id":"\#(id)","#
                + #""parameters":{"day":"Monday","n":1.50},"event_id":3}}"#)
    }
}
