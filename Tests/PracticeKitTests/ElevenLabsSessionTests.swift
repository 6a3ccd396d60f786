import JSONWire
import Testing
import Timeline

@testable import PracticeKit

@Suite("Practice conversation with ElevenLabs' protocol")
struct ElevenLabsSessionTests {
    static let formats = WireAudio.elevenLabsNames

    @Test("The metadata come first and name the agent's formats; then a ping and the greeting", arguments: formats)
    func beginning(format: String) throws {
        var world = try AgentWorld([("format", "pcm_16000/\(format)"), ("greeting", "1500ms"), ("pitch", "500")])
        world.run(for: .seconds(2))
        #expect(world.types.prefix(4) == ["conversation_initiation_metadata", "ping", "agent_response", "audio"])
        let metadata = try #require(world.last("conversation_initiation_metadata"))
        #expect(try metadata.string("user_input_audio_format") == "pcm_16000")
        #expect(try metadata.string("agent_output_audio_format") == format)
        #expect(try metadata.string("conversation_id") == "conv_practice1")
        let sound = try #require(world.sounds().first)
        #expect(sound.duration == .milliseconds(1_500))
        #expect(abs(try #require(sound.pitch) / 500 - 1) < 0.001)
        #expect(Set(world.ids("audio")) == Set(world.ids("agent_response")))
    }

    @Test("A client that says nothing of the conversation gets one all the same", arguments: [true, false])
    func noInitiation(sendsAudio: Bool) throws {
        var world = try AgentWorld(initiation: nil)
        world.run(for: .milliseconds(500))
        #expect(world.texts.isEmpty)
        if sendsAudio { world.say(0, for: .milliseconds(20)) } else { world.run(for: .milliseconds(1_500)) }
        #expect(world.types.first == "conversation_initiation_metadata")
    }

    @Test("Audio is sent so much faster than it plays as the pace says, in large pieces", arguments: [1.0, 2, 8])
    func pace(factor: Double) throws {
        var world = try AgentWorld([("greeting", "9s"), ("pace", "\(factor)"), ("thinking", "100ms")])
        world.run(for: .seconds(12))
        let times = world.events.filter { (try? $0.event.string("type")) == "audio" }.map(\.at)
        #expect(times.first == .zero.advanced(by: .milliseconds(100)))
        #expect(times.count == 10)
        let last = try #require(times.last).nanoseconds - 100_000_000
        // All but the last piece of two seconds had gone.
        #expect(abs(Double(last) / 1e9 - 9 / factor) < 2 / factor)
    }

    @Test("The caller's turn is transcribed and answered at the next pitch", arguments: formats)
    func turn(format: String) throws {
        var world = try AgentWorld([("format", format), ("greeting", "1s"), ("reply", "1s"), ("pitch", "440,620")])
        world.run(for: .seconds(2))
        world.say(300, for: .milliseconds(800))
        #expect(world.count("interruption") == 0)
        world.say(0, for: .seconds(2))
        #expect(
            world.types.filter { $0 != "ping" && $0 != "audio" }.dropFirst(2) == [
                "tentative_user_transcript", "user_transcript", "agent_response",
            ])
        #expect(try world.last("user_transcript")?.string("user_transcript") == "I would like to make an appointment.")
        let sounds = world.sounds()
        #expect(try sounds.map { try #require($0.pitch).rounded() } == [440, 620])
        #expect(world.ids("agent_response") == world.ids("agent_response").sorted())
        #expect(
            world.hasReported {
                if case .callerSpoke(_, _, let end) = $0 { (1_250...1_350).contains(end) } else { false }
            })
    }

    @Test("Speech into what the caller hears takes it back, though all of it was sent", arguments: ["0", "1"])
    func interruption(pace: String) throws {
        var world = try AgentWorld([("greeting", "10s"), ("pace", pace), ("thinking", "0s")])
        world.run(for: .seconds(3))
        let sent = world.count("audio")
        world.say(300, for: .milliseconds(500))
        let id = try #require(world.ids("agent_response").first)
        #expect(world.ids("interruption") == [id])
        let correction = try #require(world.last("agent_response_correction"))
        let original = try correction.string("original_agent_response")
        let corrected = try correction.string("corrected_agent_response")
        // Three seconds of ten.
        #expect(original.hasPrefix(corrected))
        #expect(corrected.split(separator: " ").count == original.split(separator: " ").count * 3 / 10)
        world.say(0, for: .milliseconds(300))
        #expect(world.count("audio") <= sent + 1)
        world.say(0, for: .seconds(2))
        #expect(try #require(world.ids("agent_response").last) > id)
        #expect(world.count("interruption") == 1)
    }

    @Test("Nothing is interrupted that was not begun, was heard to its end, or may not be")
    func noInterruption() throws {
        var early = try AgentWorld([("thinking", "2s")])
        early.say(300, for: .milliseconds(500))
        #expect(early.count("interruption") == 0)
        early.run(for: .seconds(3))
        #expect(early.count("agent_response") == 0)

        var late = try AgentWorld([("greeting", "1s"), ("pace", "0")])
        late.run(for: .seconds(2))
        late.say(300, for: .milliseconds(500))
        #expect(late.count("interruption") == 0)

        var never = try AgentWorld([("greeting", "5s"), ("pace", "1"), ("events", "-interruption")])
        never.run(for: .seconds(1))
        never.say(300, for: .milliseconds(500))
        never.run(for: .seconds(5))
        #expect(never.count("interruption") == 0)
        #expect(never.sounds().first?.duration == .seconds(5))
    }

    @Test("A ping comes every two seconds, tells the latency, and one without an answer is told")
    func pings() throws {
        var world = try AgentWorld([("mode", "silent")])
        world.run(for: .seconds(9))
        #expect(world.count("ping") == 5)
        #expect(world.all("ping").first?["ping_ms"] == .null)
        #expect(try world.last("ping")?.integer("ping_ms") ?? .max < 20)
        #expect(world.session.totals.pongs == 5)
        #expect(!world.hasReported(error: "practice.no_pong"))
        world.answersPings = false
        world.run(for: .seconds(8))
        #expect(world.hasReported(error: "practice.no_pong"))
    }

    @Test("An override that the agent does not allow ends the conversation, and says which")
    func overrides() throws {
        let wished: [String: JSONValue] = [
            "conversation_config_override": ["agent": ["first_message": "Good day."], "tts": ["voice_id": "v1"]]
        ]
        let refused = try AgentWorld([("overrides", "first_message")], initiation: wished)
        #expect(
            refused.ending == .close(code: 1_008, reason: "Override for field 'voice_id' is not allowed by config."))
        #expect(refused.texts.isEmpty)
        for allowed in ["first_message,voice_id", "all"] {
            var world = try AgentWorld([("overrides", allowed)], initiation: wished)
            world.run(for: .seconds(1))
            #expect(try world.last("agent_response")?.string("agent_response") == "Good day.")
        }
    }

    @Test("A conversation may bring its own cap and its own list of events, if the agent allows it")
    func conversationOverrides() throws {
        let events: JSONValue = ["conversation_initiation_metadata", "audio"]
        var world = try AgentWorld(
            [("overrides", "all")],
            initiation: [
                "conversation_config_override": ["conversation": ["max_duration_seconds": 3, "client_events": events]]
            ])
        world.run(for: .seconds(3))
        #expect(Set(world.types) == ["conversation_initiation_metadata", "audio"])
        #expect(world.ending == .close(code: 1_000, reason: "Conversation has exceeded maximum duration"))
    }

    @Test("Where the first message is empty the agent waits for the caller")
    func emptyFirstMessage() throws {
        var world = try AgentWorld(
            [("overrides", "all")],
            initiation: ["conversation_config_override": ["agent": ["first_message": ""]]])
        world.run(for: .seconds(3))
        #expect(world.count("agent_response") == 0)
        world.send(["type": "user_message", "text": "Hello?"])
        world.run(for: .seconds(1))
        #expect(world.count("agent_response") == 1)
        #expect(try world.last("agent_response")?.string("agent_response").hasPrefix("Yes") == true)
    }

    @Test("Variables that the agent needs must be there, and be plain values")
    func variables() throws {
        let needs = [("needs", "name,attempt")]
        let missing = try AgentWorld(needs, initiation: ["dynamic_variables": ["name": "Ada"]])
        #expect(
            missing.ending == .close(code: 1_008, reason: "Missing required dynamic variables: attempt"))
        let whole = try AgentWorld(needs, initiation: ["dynamic_variables": ["name": "Ada", "attempt": 2]])
        #expect(whole.ending == nil)
        #expect(whole.count("conversation_initiation_metadata") == 1)
        for wrong: JSONValue in [["name": ["first": "Ada"]], ["system__call_sid": "CA1"]] {
            let world = try AgentWorld(initiation: ["dynamic_variables": wrong])
            #expect(try world.events.first?.event.object("error_event").string("error_type") == "value_error")
        }
    }

    @Test("What stands where nobody looks is ignored, and told")
    func ignored() throws {
        let world = try AgentWorld(initiation: [
            "conversation_initiation_client_data": ["dynamic_variables": ["name": "Ada"]]
        ])
        #expect(world.ending == nil)
        #expect(world.hasReported(error: "practice.ignored_field"))
    }

    @Test(
        "A message that breaks the protocol ends the conversation with 1008",
        arguments: [
            "{", "[]", #"{"text":"no type"}"#, #"{"type":"session.update"}"#, #"{"user_audio_chunk":"****"}"#,
            #"{"user_audio_chunk":7}"#, #"{"type":"pong"}"#, #"{"type":"pong","event_id":"x"}"#,
            #"{"type":"user_message"}"#, #"{"type":"conversation_initiation_client_data"}"#,
            #"{"type":"client_tool_result","tool_call_id":"t","result":{"ok":true},"is_error":false}"#,
            #"{"type":"client_tool_result","tool_call_id":"t","result":"ok"}"#,
        ])
    func invalid(text: String) throws {
        var world = try AgentWorld()
        world.send(text: text)
        guard case .close(1_008, let reason)? = world.ending else {
            Issue.record("not closed: \(world.ending as Any)")
            return
        }
        #expect(reason.utf8.count <= 123)
        #expect(try world.events.last?.event.object("error_event").integer("code") == 1_008)
    }

    @Test(
        "What a client may say besides changes nothing",
        arguments: [
            #"{"type":"user_activity"}"#, #"{"type":"feedback","event_id":2,"score":"like"}"#,
            #"{"type":"mcp_tool_approval_result","tool_call_id":"t","is_approved":false}"#,
            #"{"type":"contextual_update","text":"It rains.","context_id":"weather"}"#,
            #"{"type":"pong","event_id":4711}"#,
            #"{"type":"client_tool_result","tool_call_id":"none","result":"","is_error":false}"#,
        ])
    func harmless(text: String) throws {
        var world = try AgentWorld([("greeting", "1s")])
        world.run(for: .seconds(2))
        let count = world.texts.count
        world.send(text: text)
        world.run(for: .milliseconds(900))
        #expect(world.ending == nil)
        #expect(world.texts.count == count)
    }

    @Test("A written message interrupts and is answered")
    func message() throws {
        var world = try AgentWorld([("greeting", "10s"), ("pace", "0")])
        world.run(for: .seconds(1))
        world.send(["type": "user_message", "text": "Stop. [practice reply=500ms]"])
        #expect(world.types.suffix(2) == ["interruption", "agent_response_correction"])
        world.run(for: .seconds(1))
        #expect(world.sounds().last?.duration == .milliseconds(500))
    }

    @Test("A client tool is called in its turn, and its answer continues that turn", arguments: [true, false])
    func tool(isAnswered: Bool) throws {
        var world = try AgentWorld([
            ("tool", #"get_slots:{"day":"monday"}"#), ("tool-timeout", "3s"), ("greeting", "500ms"),
        ])
        world.run(for: .seconds(1))
        world.send(["type": "user_message", "text": "Monday?"])
        let call = try #require(world.last("client_tool_call"))
        #expect(try call.string("tool_name") == "get_slots")
        #expect(try call.object("parameters").string("day") == "monday")
        world.run(for: .milliseconds(2_900))
        #expect(world.count("agent_response") == 1)
        if isAnswered {
            world.send([
                "type": "client_tool_result", "tool_call_id": call["tool_call_id"] ?? .null, "result": "{}",
                "is_error": false,
            ])
        }
        world.run(for: .seconds(1))
        #expect(world.count("agent_response") == 2)
        #expect(world.count("client_tool_call") == 1)
        #expect(world.hasReported(error: "practice.tool_timeout") == !isAnswered)
        #expect(world.hasReported { $0.name == "tool.answered" } == isAnswered)
        let turns = world.reports.compactMap { if case .responseStarted(_, let turn, _) = $0 { turn } else { nil } }
        #expect(turns == [1, 2])
    }

    @Test("The agent says goodbye, hangs up with its own tool, and the conversation ends with 1000")
    func farewell() throws {
        var world = try AgentWorld([("end-call-after", "1"), ("greeting", "500ms"), ("reply", "2s")])
        world.run(for: .seconds(1))
        world.send(["type": "user_message", "text": "That is all."])
        world.run(for: .seconds(5))
        #expect(try world.last("agent_response")?.string("agent_response").contains("Goodbye") == true)
        let tool = try #require(world.last("agent_tool_response"))
        #expect(try tool.string("tool_name") == "end_call")
        #expect(try tool.bool("is_called"))
        #expect(world.ending == .close(code: 1_000, reason: "Conversation ended by the agent."))
        #expect(world.sounds().last?.duration == .seconds(2))
    }

    @Test("The cap ends a conversation with 1000 and its own reason", arguments: [30, 600])
    func cap(seconds: Int) throws {
        var world = try AgentWorld([("max-duration", "\(seconds)s"), ("mode", "silent")])
        for _ in 0..<seconds {
            #expect(world.ending == nil)
            world.send(["type": "user_activity"])
            world.run(for: .seconds(1))
        }
        #expect(world.ending == .close(code: 1_000, reason: "Conversation has exceeded maximum duration"))
    }

    @Test("A minute without anything from the client ends the conversation")
    func noInput() throws {
        var world = try AgentWorld([("mode", "silent")])
        world.run(for: .seconds(30))
        world.say(0, for: .milliseconds(20))
        world.run(for: .seconds(59))
        #expect(world.ending == nil)
        world.run(for: .seconds(1))
        #expect(world.ending == .close(code: 1_002, reason: "No user input was received for 60 seconds."))
    }

    @Test("An agent that was told to do so speaks again when the caller stays silent")
    func turnTimeout() throws {
        var world = try AgentWorld([("turn-timeout", "3s"), ("greeting", "2s"), ("thinking", "0s")])
        world.run(for: .milliseconds(4_900))
        #expect(world.count("agent_response") == 1)
        world.run(for: .milliseconds(200))
        #expect(world.count("agent_response") == 2)
    }

    @Test("Scores of speech are sent to who wants them")
    func scores() throws {
        var world = try AgentWorld([("events", "+vad_score"), ("mode", "silent")])
        world.say(0, for: .seconds(1))
        world.say(300, for: .seconds(1))
        let scores = try world.all("vad_score").map { try $0.number("vad_score") > 0.5 }
        #expect(scores == Array(repeating: false, count: 5) + Array(repeating: true, count: 5))
    }

    @Test("What the caller said is echoed in the mode for it")
    func echo() throws {
        var world = try AgentWorld([("mode", "echo"), ("format", "ulaw_8000/pcm_44100"), ("greeting", "500ms")])
        world.run(for: .seconds(1))
        world.say(700, for: .seconds(1))
        world.say(0, for: .seconds(2))
        let echo = try #require(world.sounds().last)
        #expect(abs(try #require(echo.part(from: .milliseconds(500), to: .milliseconds(900)).pitch) / 700 - 1) < 0.01)
    }

    @Test("The characters of what is said are laid over its audio")
    func alignment() throws {
        var world = try AgentWorld([("greeting", "4s")])
        world.run(for: .seconds(2))
        var text = ""
        for audio in world.all("audio") {
            let alignment = try audio.object("alignment")
            let starts = try alignment.array("char_start_times_ms")
            let durations = try alignment.array("char_durations_ms")
            let characters = try alignment.array("chars")
            #expect(characters.count == starts.count && characters.count == durations.count)
            for case .string(let character) in characters { text += character }
        }
        #expect(try text == world.last("agent_response")?.string("agent_response"))
    }

    @Test(
        "A conversation that may not begin is closed with 1008",
        arguments: [
            PracticeSession.Rejection.invalidKey, .modelNotFound, .missingModel, .expired, .unsigned,
        ])
    func rejection(_ rejection: PracticeSession.Rejection) throws {
        let world = try AgentWorld(initiation: nil, rejecting: rejection)
        guard case .close(1_008, _)? = world.ending else {
            Issue.record("not closed: \(world.ending as Any)")
            return
        }
    }
}
