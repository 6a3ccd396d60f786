import JSONWire
import MediaCore
import Testing
import UpstreamWire
import Wording

@Suite("OpenAI server events")
struct OpenAIServerEventTests {
    @Test("Every event of the protocol that a call meets is known", arguments: ServerEvents.all)
    func known(text: String) throws {
        let event = try read(text)
        if case .unknown(let type) = event { Issue.record("\(type) is not known") }
    }

    @Test("A session tells its id, end, formats and how it takes turns")
    func session() throws {
        guard case .sessionCreated(let echo) = try read(ServerEvents.sessionCreated) else { return fail() }
        #expect(echo.id == "sess_1")
        #expect(echo.model == "gpt-realtime-2.1")
        #expect(echo.expiresAt == 1_795_150_000)
        #expect(echo.inputFormat == .known(.pcm16(.hz24000)))
        #expect(echo.outputFormat == .known(.pcm16(.hz24000)))
        #expect(echo.turnDetection?.createsResponses == true)
        #expect(echo.turnDetection?.interruptsResponses == true)
    }

    @Test("A session of the older kind tells its formats in its own words")
    func betaSession() throws {
        let text =
            #"{"type":"session.updated","session":{"input_audio_format":"g711_ulaw","#
            + #""output_audio_format":"g711_alaw","turn_detection":{"create_response":false}}}"#
        guard case .sessionUpdated(let echo) = try read(text) else { return fail() }
        #expect(echo.inputFormat == .known(.muLaw8k))
        #expect(echo.outputFormat == .known(.aLaw8k))
        #expect(echo.turnDetection?.createsResponses == false)
        #expect(echo.turnDetection?.interruptsResponses == true)
    }

    @Test("What the caller does is told with its times")
    func caller() throws {
        #expect(
            try read(ServerEvents.inputAudioBufferSpeechStarted)
                == .speechStarted(itemID: "item_u2", at: Milliseconds(1_000)))
        #expect(
            try read(ServerEvents.inputAudioBufferSpeechStopped)
                == .speechStopped(itemID: "item_u2", at: Milliseconds(2_000)))
        #expect(
            try read(ServerEvents.inputAudioBufferTimeoutTriggered)
                == .idleTimeout(itemID: "item_u3", start: Milliseconds(13_216), end: Milliseconds(19_232)))
        var usage = UpstreamUsage()
        usage.transcription = .init(audioIn: 13, out: 9)
        #expect(
            try read(ServerEvents.conversationItemInputAudioTranscriptionCompleted)
                == .callerText(OpenAIPart(itemID: "item_u2"), "Hey, can you hear me?", usage))
    }

    @Test("What the agent says is told with its response and item")
    func agent() throws {
        let part = OpenAIPart(itemID: "item_a2", responseID: "resp_1")
        #expect(try read(ServerEvents.responseOutputAudioDelta) == .audioDelta(part, base64: "/////w=="))
        #expect(try read(ServerEvents.responseOutputAudioDone) == .audioDone(part))
        #expect(
            try read(ServerEvents.responseOutputAudioTranscriptDelta) == .agentTextDelta(part, "Hello, how can I"))
        #expect(
            try read(ServerEvents.responseOutputAudioTranscriptDone) == .agentText(part, "Hello, how can I help?"))
    }

    @Test("The older names mean the newer events")
    func beta() throws {
        for (old, new) in [
            ("response.audio.delta", "response.output_audio.delta"),
            ("response.audio.done", "response.output_audio.done"),
            ("response.audio_transcript.delta", "response.output_audio_transcript.delta"),
            ("response.text.delta", "response.output_text.delta"),
        ] {
            let rest = #"","item_id":"i","response_id":"r","content_index":0,"delta":"/w=="}"#
            #expect(try read(#"{"type":""# + old + rest) == read(#"{"type":""# + new + rest))
        }
    }

    @Test("A response tells how it ended, and why")
    func outcomes() throws {
        #expect(try response(ServerEvents.responseDone)?.status == .completed)
        #expect(try response(ServerEvents.responseDoneCancelled)?.status == .cancelled(reason: "turn_detected"))
        #expect(try response(ServerEvents.responseDoneIncomplete)?.status == .incomplete(reason: "max_output_tokens"))
        guard case .failed(let error) = try response(ServerEvents.responseDoneFailed)?.status else { return fail() }
        #expect(error.code == "inference_rate_limit_exceeded")
    }

    @Test("Unknown events and unknown fields are no trouble")
    func unknown() throws {
        #expect(try read(#"{"type":"some.news","x":[1]}"#) == .unknown(type: "some.news"))
        #expect(try read(#"{"obfuscation":"xx","type":"input_audio_buffer.cleared","y":{}}"#) == .audioCleared)
        #expect(
            try read(#"{"type":"mcp_list_tools.failed","item_id":"x"}"#) == .irrelevant(type: "mcp_list_tools.failed"))
    }

    @Test(
        "What is no event is told apart from an event with a wrong part",
        arguments: [
            ("", nil), ("[]", nil), ("{", nil), ("{}", nil), (#"{"type":5}"#, nil), (#"{"type":"error"}{"#, nil),
            (#"{"type":"error"}"#, "error"), (#"{"type":"error","error":"bad"}"#, "error"),
            (#"{"type":"response.done","response":[]}"#, "response.done"),
            (#"{"type":"response.output_audio.delta","item_id":1,"delta":""}"#, "response.output_audio.delta"),
            (#"{"type":"response.output_audio.delta","item_id":"i","delta":7}"#, "response.output_audio.delta"),
            (
                #"{"type":"input_audio_buffer.speech_started","item_id":"i","audio_start_ms":"1"}"#,
                "input_audio_buffer.speech_started"
            ),
        ] as [(String, String?)])
    func problems(text: String, type: String?) {
        do throws(OpenAIServerEvent.Problem) {
            _ = try OpenAIServerEvent(reading: text.utf8.span)
            Issue.record("\(text) was read")
        } catch {
            switch error {
            case .malformed: #expect(type == nil)
            case .shape(let found, _): #expect(found == type)
            }
        }
    }

    private func read(_ text: String) throws(OpenAIServerEvent.Problem) -> OpenAIServerEvent {
        try OpenAIServerEvent(reading: text.utf8.span)
    }

    private func response(_ text: String) throws -> OpenAIResponse? {
        guard case .responseDone(let response) = try read(text) else { return nil }
        return response
    }

    private func fail() {
        Issue.record("another event was read")
    }
}
