import JSONWire
import MediaCore
import Testing
import UpstreamWire

@Suite("OpenAI session configuration")
struct OpenAISessionConfigurationTests {
    @Test("An agent becomes explicit settings for a phone call")
    func phoneCall() throws {
        var agent = UpstreamAgent()
        agent.voice = "marin"
        agent.instructions = "You answer calls for {{company}}."
        agent.language = "en"
        agent.tools = [UpstreamTool(name: "look")]
        agent.variables = try object(#"{"company":"Example Dental"}"#)
        #expect(
            try session(agent)
                == object(
                    #"""
                    {"type":"realtime","output_modalities":["audio"],
                    "instructions":"You answer calls for Example Dental.","max_output_tokens":2048,
                    "audio":{"input":{"format":{"type":"audio/pcmu"},
                    "transcription":{"model":"gpt-transcribe","languages":["en"]},
                    "turn_detection":{"type":"server_vad","threshold":0.5,"prefix_padding_ms":300,
                    "silence_duration_ms":500,"create_response":true,"interrupt_response":true}},
                    "output":{"format":{"type":"audio/pcmu"},"voice":"marin"}},
                    "tools":[{"type":"function","name":"look","parameters":{"type":"object","properties":{}}}],
                    "tool_choice":"auto",
                    "truncation":{"type":"retention_ratio","retention_ratio":0.8,
                    "token_limits":{"post_instructions":8000}}}
                    """#))
    }

    @Test(
        "Formats are named as the protocol names them, PCM with its rate",
        arguments: [
            (AudioFormat.muLaw8k, #"{"type":"audio/pcmu"}"#), (.aLaw8k, #"{"type":"audio/pcma"}"#),
            (.pcm16(.hz24000), #"{"type":"audio/pcm","rate":24000}"#),
        ])
    func formats(format: AudioFormat, json: String) throws {
        let audio = try session(UpstreamAgent(), format).object("audio")
        for side in ["input", "output"] { #expect(try audio.object(side).object("format") == object(json)) }
    }

    @Test(
        "The vendor's own turn detection goes through as it is",
        arguments: [
            #"{"type":"semantic_vad","eagerness":"low"}"#, "null", #"{"type":"of_tomorrow","x":[1.50,{"y":null}]}"#,
        ])
    func turnDetection(json: String) throws {
        var agent = UpstreamAgent()
        agent.turnDetection = try JSONValue(parsing: json.utf8.span)
        let input = try session(agent).object("audio").object("input")
        #expect(input["turn_detection"] == agent.turnDetection)
    }

    @Test("Nobody's words are written down unless that is wanted")
    func noTranscript() throws {
        var agent = UpstreamAgent()
        agent.transcribesCaller = false
        #expect(try session(agent).object("audio").object("input")["transcription"] == nil)
    }

    private func session(_ agent: UpstreamAgent, _ format: AudioFormat = .muLaw8k) throws -> JSONObject {
        let formats = UpstreamFormats(callerAudio: format, agentAudio: format)
        let configuration = OpenAISessionConfiguration(UpstreamSetup(agent: agent, formats: formats))
        let event = OpenAIClientEvent.updateSession(configuration).bytes(eventID: "x")
        return try JSONObject(parsing: event.span).object("session")
    }

    private func object(_ json: String) throws -> JSONObject {
        try JSONObject(parsing: json.utf8.span)
    }
}
