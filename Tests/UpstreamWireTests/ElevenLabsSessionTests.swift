import JSONWire
import MediaCore
import Testing
import Timeline
import UpstreamWire
import Wording

@Suite("ElevenLabs session")
struct ElevenLabsSessionTests {
    // MARK: beginning

    @Test("It says its part at once, and is ready when the server names the conversation")
    func ready() throws {
        var probe = ElevenLabsProbe()
        try probe.open()
        #expect(probe.sentTypes == ["conversation_initiation_client_data"])
        #expect(probe.events.isEmpty)
        try probe.metadata()
        let formats = UpstreamFormats(callerAudio: .muLaw8k, agentAudio: .muLaw8k)
        #expect(
            probe.events == [
                .connected(sessionID: "conv_1"), .ready(UpstreamReady(formats: formats, expiresAt: nil)),
            ])
        try probe.metadata()
        #expect(probe.events.count == 2)
    }

    @Test(
        "Every format of the table is taken, in either direction",
        arguments: [
            ("ulaw_8000", AudioFormat.muLaw8k), ("pcm_8000", .pcm16(.hz8000)), ("pcm_16000", .pcm16(.hz16000)),
            ("pcm_22050", .pcm16(.hz22050)), ("pcm_24000", .pcm16(.hz24000)), ("pcm_44100", .pcm16(.hz44100)),
            ("pcm_48000", .pcm16(.hz48000)),
        ])
    func formats(name: String, format: AudioFormat) throws {
        var probe = ElevenLabsProbe()
        try probe.open()
        try probe.metadata(input: name)
        #expect(probe.ready?.formats == UpstreamFormats(callerAudio: format, agentAudio: .muLaw8k))
        probe = ElevenLabsProbe()
        try probe.open()
        try probe.metadata(output: name)
        #expect(probe.ready?.formats == UpstreamFormats(callerAudio: .muLaw8k, agentAudio: format))
    }

    @Test("A format that is not named is the usual one")
    func unnamedFormats() throws {
        var probe = ElevenLabsProbe()
        try probe.open()
        try probe.receive(
            #"{"type":"conversation_initiation_metadata","conversation_initiation_metadata_event":{}}"#)
        let usual = AudioFormat.pcm16(.hz16000)
        #expect(probe.ready?.formats == UpstreamFormats(callerAudio: usual, agentAudio: usual))
    }

    @Test(
        "A format that is not in the table ends it in words",
        arguments: ["opus_48000", "alaw_8000", "ulaw_16000", "pcm_11025", "pcm", "pcm_16000_x", "", "PCM_16000"])
    func unknownFormat(name: String) throws {
        var probe = ElevenLabsProbe()
        try probe.open()
        try probe.metadata(output: name)
        #expect(probe.ready == nil)
        #expect(probe.ending?.code == "upstream.format_mismatch")
        #expect(probe.ending?.detail.description.contains("'\(name)'") == true)
        try probe.metadata()
        #expect(probe.ready == nil)
    }

    @Test(
        "A ping is answered at once with its number, before the conversation began, too",
        arguments: [("77", "77"), ("\"78\"", "78"), ("0", "0")])
    func pings(id: String, echoed: String) throws {
        var probe = ElevenLabsProbe()
        try probe.open()
        try probe.receive(#"{"type":"ping","ping_event":{"event_id":\#(id),"ping_ms":null}}"#)
        try probe.metadata()
        try probe.receive(#"{"type":"ping","ping_event":{"event_id":\#(id),"ping_ms":250}}"#)
        #expect(probe.sentTypes == ["conversation_initiation_client_data", "pong", "pong"])
        #expect(try probe.sent[1].integer("event_id") == Int64(echoed))
        #expect(probe.sent[1] == probe.sent[2])
        #expect(probe.warnings.isEmpty)
    }

    @Test("A ping without a number is not answered: an answer without one would end the conversation")
    func pingWithoutNumber() throws {
        var probe = ElevenLabsProbe()
        try probe.open()
        try probe.metadata()
        for ping in [#"{"type":"ping"}"#, #"{"type":"ping","ping_event":null}"#, #"{"type":"ping","ping_event":{}}"#] {
            try probe.receive(ping)
        }
        #expect(probe.sentTypes == ["conversation_initiation_client_data"])
    }

    @Test("Audio from before the conversation began is not played")
    func earlyAudio() throws {
        var probe = ElevenLabsProbe()
        try probe.open()
        #expect(try probe.audio(1) == .lateAudio)
    }

    @Test("What is not known is skipped, and what is broken is told, and both change nothing")
    func oddMessages() throws {
        var probe = try ElevenLabsProbe.ready()
        for text in [
            #"{"type":"vad_score","vad_score_event":{"vad_score":0.5}}"#,
            #"{"type":"agent_response_metadata","agent_response_metadata_event":{}}"#,
            #"{"type":"agent_reasoning_response_part","reasoning_response_part":{"event_id":"x"}}"#,
        ] {
            try probe.receive(text)
        }
        #expect(probe.events.isEmpty)
        for text in [
            #"{"type":"keep_alive"}"#, #"{"a":1}"#, #"{"type":1}"#, "[]", "{", #"{"type":"audio"}"#,
            #"{"type":"interruption","interruption_event":{"event_id":"x"}}"#,
        ] {
            try probe.receive(text)
        }
        #expect(
            probe.warnings.map(\.code) == [
                "upstream.unknown_message", "upstream.unknown_message", "upstream.unknown_message",
                "upstream.malformed_message", "upstream.malformed_message", "upstream.unexpected_field",
                "upstream.unexpected_field",
            ])
        #expect(probe.ending == nil && probe.sent.isEmpty)
        #expect(try probe.audio(1).item == AgentItem(number: 1))
    }

    // MARK: what is said

    @Test("A text belongs to its audio, whichever comes first and whether or not their numbers agree")
    func transcripts() throws {
        for (text, audio) in [(2, 2), (2, 3)] {
            var probe = try ElevenLabsProbe.ready()
            try probe.says("Hello.", text)
            #expect(try probe.audio(audio).item == AgentItem(number: 1))
            #expect(probe.events == [.responseStarted, .transcript(said("Hello.", 1))])
        }
        for (audio, text) in [(2, 2), (2, 3)] {
            var probe = try ElevenLabsProbe.ready()
            #expect(try probe.audio(audio).item == AgentItem(number: 1))
            try probe.says("Hello.", text)
            #expect(probe.events == [.transcript(said("Hello.", 1))])
        }
    }

    @Test("Each answer is an item of its own, and ends when nothing more of it came for a second")
    func answers() throws {
        var probe = try ElevenLabsProbe.ready()
        #expect(try probe.audio(1).item == AgentItem(number: 1))
        try probe.pass(.milliseconds(999))
        #expect(try probe.audio(1).item == AgentItem(number: 1))
        #expect(probe.session.deadline == .at(probe.now.advanced(by: .seconds(1))))
        try probe.pass(.milliseconds(999))
        #expect(probe.events.isEmpty)
        try probe.pass(.milliseconds(1))
        #expect(probe.events == [.agentAudioEnded(AgentItem(number: 1)), .responseEnded(.completed)])
        #expect(probe.session.deadline == .never)
        #expect(try probe.audio(1).item == AgentItem(number: 2))
        #expect(try probe.audio(2).item == AgentItem(number: 3))
    }

    @Test("The server's own word for the end of an answer counts at once")
    func completeAnswer() throws {
        var probe = try ElevenLabsProbe.ready()
        try probe.audio(1)
        let complete = #"{"type":"agent_response_complete","agent_response_complete_event":{"event_id":1}}"#
        try probe.receive(complete)
        #expect(probe.events == [.agentAudioEnded(AgentItem(number: 1)), .responseEnded(.completed)])
        try probe.receive(complete)
        #expect(probe.events.count == 2)
    }

    @Test("Where each piece of audio has a number of its own, they make one item all the same")
    func lonelyPieces() throws {
        var probe = try ElevenLabsProbe.ready()
        var items: Set<AgentItem> = []
        for id in 1...200 { items.insert(try #require(try probe.audio(id).item)) }
        #expect(items.count <= 6)
        // A text begins the next.
        try probe.pass(.seconds(1))
        try probe.says("Next.", 201)
        let next = try #require(try probe.audio(201).item)
        #expect(!items.contains(next))
        #expect(try probe.audio(202).item == next)
    }

    @Test("What the caller said is told when it is final, with the end of the turn")
    func callerText() throws {
        var probe = try ElevenLabsProbe.ready()
        try probe.receive(
            #"{"type":"tentative_user_transcript","tentative_user_transcription_event":"#
                + #"{"user_transcript":"He","event_id":4}}"#)
        try probe.hears("Help", 4)
        #expect(
            probe.events == [
                .transcript(UpstreamTranscriptPiece(.caller, turn: "4", text: "He", isFinal: false)),
                .callerSpeechStarted(at: nil), .callerSpeechStopped(at: nil),
                .transcript(UpstreamTranscriptPiece(.caller, turn: "4", text: "Help", isFinal: true)),
            ])
    }

    @Test(
        "A correction replaces the text of the answer that it is about",
        arguments: [(2, "Hello there"), (9, "Hello there")])
    func corrections(id: Int, original: String) throws {
        var probe = try ElevenLabsProbe.ready()
        try probe.says("Hello there", 2)
        try probe.audio(2)
        try probe.interrupt(2)
        probe.forget()
        try probe.receive(
            #"{"type":"agent_response_correction","agent_response_correction_event":{"original_agent_response":"#
                + #""\#(original)","corrected_agent_response":"Hel","event_id":\#(id)}}"#)
        #expect(probe.events == [.transcript(said("Hel", 1))])
        try probe.receive(
            #"{"type":"agent_response_correction","agent_response_correction_event":{"original_agent_response":"#
                + #""Never said","corrected_agent_response":"","event_id":77}}"#)
        #expect(probe.events.count == 1)
    }

    private func said(_ text: String, _ number: Int) -> UpstreamTranscriptPiece {
        UpstreamTranscriptPiece(
            .agent, turn: "\(number)", item: AgentItem(number: number), text: text, isFinal: true)
    }

    // MARK: tools

    @Test("A tool is called once and answered once, with text")
    func tools() throws {
        var probe = try ElevenLabsProbe.ready()
        try probe.calls("book", "t1")
        try probe.calls("book", "t1")
        let call = UpstreamToolCall(id: "t1", name: "book", arguments: #"{"day":"Monday","n":1.50}"#)
        #expect(probe.events == [.toolCall(call)])
        try probe.perform(.toolResult(callID: "t1", output: #"{"ok":true}"#))
        try probe.perform(.toolResult(callID: "t1", output: "again"))
        #expect(probe.sentTypes == ["client_tool_result"])
        #expect(try probe.sent[0].string("result") == #"{"ok":true}"#)
        #expect(try probe.sent[0].bool("is_error") == false)
        #expect(probe.warnings.map(\.code) == ["upstream.bad_timing"])
    }

    @Test("A result that tells of a failure is marked as one")
    func failedTool() throws {
        var probe = try ElevenLabsProbe.ready()
        try probe.calls("nope", "t1")
        try probe.perform(.toolResult(callID: "t1", output: #"{"error":{"code":"tool_unavailable"}}"#))
        #expect(try probe.sent[0].bool("is_error"))
    }

    @Test("What was said before a call ends with it, so that what follows is heard as another answer")
    func answerBeforeTool() throws {
        var probe = try ElevenLabsProbe.ready()
        try probe.audio(1)
        try probe.calls("book", "t1")
        #expect(
            Array(probe.events.prefix(2)) == [.agentAudioEnded(AgentItem(number: 1)), .responseEnded(.completed)])
    }

    @Test("A tool that asks for approval is declined, once")
    func approval() throws {
        var probe = try ElevenLabsProbe.ready()
        for state in ["loading", "awaiting_approval", "awaiting_approval", "failure"] {
            try probe.receive(
                #"{"type":"mcp_tool_call","mcp_tool_call":{"tool_call_id":"m1","tool_name":"x","state":"\#(state)"}}"#)
        }
        #expect(probe.sentTypes == ["mcp_tool_approval_result"])
        #expect(try probe.sent[0].bool("is_approved") == false)
    }

    // MARK: the end

    @Test("When the agent hangs up the server's close is waited for, and not for long")
    func hangUp() throws {
        for name in ["agent_tool_response", "agent_tool_response_full_payload"] {
            var probe = try ElevenLabsProbe.ready()
            try probe.receive(#"{"type":"\#(name)","\#(name)":{"tool_name":"end_call","is_error":false}}"#)
            #expect(probe.ending == nil)
            try probe.pass(.milliseconds(1_999))
            #expect(probe.ending == nil)
            try probe.pass(.milliseconds(1))
            #expect(probe.ending?.reason == .finished)
            try probe.close(1000)
            #expect(probe.events.count == 1)
        }
    }

    @Test(
        "Other tools of the vendor's end nothing, nor does one that failed",
        arguments: [(#""tool_name":"skip_turn""#), (#""tool_name":"end_call","is_error":true"#)])
    func vendorTools(members: String) throws {
        var probe = try ElevenLabsProbe.ready()
        try probe.receive(#"{"type":"agent_tool_response","agent_tool_response":{\#(members)}}"#)
        #expect(probe.session.deadline == .never)
    }

    @Test("Who waits in line in vain is told so")
    func queue() throws {
        var probe = ElevenLabsProbe()
        try probe.open()
        for status in ["waiting", "admitted"] {
            try probe.receive(#"{"type":"queue_status","queue_status_event":{"status":"\#(status)"}}"#)
        }
        #expect(probe.ending == nil)
        try probe.receive(#"{"type":"queue_status","queue_status_event":{"status":"timed_out"}}"#)
        #expect(probe.ending?.code == "upstream.overloaded")
        try probe.close(4300)
        #expect(probe.events.filter { if case .ended = $0 { true } else { false } }.count == 1)
    }

    // MARK: commands

    @Test(
        "Commands become what the protocol has for them",
        arguments: [
            (.greet, []), (.cancelResponse, []), (.commitAudio, []), (.interrupt(UpstreamCut()), []),
            (.say("Hi"), [#"user_message:Tell the caller this now, in your own voice: Hi"#]),
            (.digits("12#"), ["user_message:[keypad: 1 2 #]"]), (.callerIsBusy, ["user_activity:"]),
            (.message(.system, "Known.", answered: false), ["contextual_update:Known."]),
            (.message(.agent, "Bye.", answered: false), ["contextual_update:Agent: Bye."]),
            (.message(.caller, "Hi.", answered: true), ["user_message:Hi."]),
            (.respond(instructions: "Wait."), ["user_message:Wait."]),
            (.update(UpstreamUpdate(instructions: "Be brief.")), ["contextual_update:Be brief."]),
        ] as [(UpstreamCommand, [String])])
    func commands(command: UpstreamCommand, messages: [String]) throws {
        var probe = try ElevenLabsProbe.ready()
        try probe.perform(command)
        #expect(
            try probe.sent.map { "\(try $0.string("type")):\(try $0.optionalString("text") ?? "")" } == messages)
        #expect(probe.events.isEmpty)
    }

    @Test("Before the conversation has begun nothing can be asked of it")
    func earlyCommand() throws {
        var probe = ElevenLabsProbe()
        try probe.open()
        try probe.perform(.say("Hi"))
        #expect(probe.warnings.map(\.code) == ["upstream.bad_timing"])
        #expect(probe.sent.count == 1)
    }

    @Test("A conversation that goes on hears what was said, and is not greeted again")
    func resumption() throws {
        let turns = [UpstreamPastTurn(.agent, "Hello."), UpstreamPastTurn(.caller, "My name is Ada.")]
        var probe = ElevenLabsProbe(pastTurns: turns)
        try probe.open()
        try probe.metadata()
        probe.forget()
        try probe.perform(.greet)
        #expect(probe.sentTypes == ["contextual_update", "user_message"])
        #expect(try probe.sent[0].string("text").hasPrefix("Agent: Hello.\nThe line was restored"))
        #expect(try probe.sent[1].string("text") == "My name is Ada.")
        // The greeting of the new conversation, which nobody hears.
        try probe.says("Hello, this is Example.", 1)
        #expect(try probe.audio(1) == .lateAudio)
        #expect(probe.events.isEmpty)
        try probe.says("Thank you, Ada.", 2)
        #expect(try probe.audio(2).item != nil)
    }

    @Test("Where our agent has a first message of its own, no other one has to be kept from the caller")
    func resumptionWithOverride() throws {
        var agent = UpstreamAgent()
        agent.firstMessage = "Welcome."
        var probe = ElevenLabsProbe(agent: agent, pastTurns: [UpstreamPastTurn(.agent, "Welcome.")])
        try probe.open()
        let overrides = try probe.sent[0].object("conversation_config_override").object("agent")
        #expect(try overrides.string("first_message").isEmpty)
        try probe.metadata()
        #expect(try probe.audio(1).item != nil)
    }
}
