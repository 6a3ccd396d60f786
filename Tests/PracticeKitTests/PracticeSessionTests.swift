import JSONWire
import Testing
import Timeline

@testable import PracticeKit

@Suite("Practice session")
struct PracticeSessionTests {
    @Test("A greeting has its length, its pitch and its level in every format", arguments: WireAudio.all)
    func greeting(audio: WireAudio) throws {
        var world = try SessionWorld([("greeting", "1500ms"), ("pitch", "500")], audio: audio)
        world.send(["type": "response.create"])
        world.run(for: .seconds(2))
        let sound = try #require(world.sounds().first)
        #expect(sound.duration == .milliseconds(1_500))
        #expect(abs(try #require(sound.pitch) / 500 - 1) < 0.001)
        #expect(abs(sound.part(from: .milliseconds(100), to: .milliseconds(1_400)).level + 12) < 0.2)
        #expect(sound.clicks(inTone: 500).isEmpty)
    }

    @Test("Audio is sent so much faster than it plays as the pace says", arguments: [1.0, 2, 8])
    func pace(factor: Double) throws {
        var world = try SessionWorld([("greeting", "4s"), ("pace", "\(factor)"), ("thinking", "100ms")])
        world.send(["type": "response.create"])
        world.run(for: .seconds(10))
        let began = try #require(world.time(of: "response.output_audio.delta"))
        let done = try #require(world.time(of: "response.done"))
        #expect(began == .zero.advanced(by: .milliseconds(100)))
        #expect(abs(began.duration(to: done).inSeconds - 4 / factor) < 0.001)
    }

    @Test("Speech begins with its padding and ends when the silence was long enough", arguments: WireAudio.all)
    func turn(audio: WireAudio) throws {
        var world = try SessionWorld(audio: audio)
        world.say(0, for: .milliseconds(1_000))
        world.say(300, for: .milliseconds(800))
        #expect(world.count("input_audio_buffer.speech_stopped") == 0)
        world.say(0, for: .milliseconds(600))
        let started = try #require(world.last("input_audio_buffer.speech_started"))
        let stopped = try #require(world.last("input_audio_buffer.speech_stopped"))
        #expect(try started.integer("audio_start_ms") == 700)
        #expect(try stopped.integer("audio_end_ms") == 2_300)
        #expect(try started.string("item_id") == world.last("input_audio_buffer.committed")?.string("item_id"))
        #expect(world.count("response.created") == 1)
    }

    @Test("Noise below the threshold and clicks are no speech", arguments: [-50.0, -46])
    func noise(level: Double) throws {
        var world = try SessionWorld()
        let noise = WireAudio.muLaw.encode(Sound.tone(200, level: level, for: .seconds(1)).samples)
        world.send(["type": "input_audio_buffer.append", "audio": .string(Base64.encode(noise))])
        let click = WireAudio.muLaw.encode(Sound.tone(200, for: .milliseconds(25)).samples)
        world.send(["type": "input_audio_buffer.append", "audio": .string(Base64.encode(click))])
        world.say(0, for: .seconds(1))
        #expect(world.count("input_audio_buffer.speech_started") == 0)
    }

    @Test("Speech into a response cancels it, unless the session forbids that", arguments: [true, false])
    func interruption(isAllowed: Bool) throws {
        var world = try SessionWorld([("greeting", "20s"), ("pace", "1")])
        world.send([
            "type": "session.update",
            "session": [
                "type": "realtime",
                "audio": ["input": ["turn_detection": ["type": "server_vad", "interrupt_response": .bool(isAllowed)]]],
            ],
        ])
        world.send(["type": "response.create"])
        world.run(for: .seconds(2))
        world.say(300, for: .milliseconds(200))
        let done = try world.last("response.done")?.object("response")
        #expect((done != nil) == isAllowed)
        guard let done else { return }
        #expect(try done.string("status") == "cancelled")
        #expect(try done.object("status_details").string("reason") == "turn_detected")
        #expect(world.reports.contains { $0.name == "interrupted" })
        let deltas = world.count("response.output_audio.delta")
        world.run(for: .seconds(5))
        #expect(world.count("response.output_audio.delta") == deltas)
    }

    @Test(
        "A truncation is taken up to what was made and not beyond",
        arguments: [(0, true), (1_499, true), (1_500, true), (1_501, false)])
    func truncation(end: Int, isTaken: Bool) throws {
        var world = try SessionWorld([("greeting", "1500ms"), ("pace", "0")])
        world.send(["type": "response.create"])
        world.run(for: .seconds(1))
        let item = try #require(try world.last("response.output_audio.delta")?.string("item_id"))
        world.send([
            "type": "conversation.item.truncate", "item_id": .string(item), "content_index": 0,
            "audio_end_ms": .integer(end),
        ])
        #expect(world.count("conversation.item.truncated") == (isTaken ? 1 : 0))
        let reported = world.reports.contains(
            .truncated(item: item, audioEndMilliseconds: end, generatedMilliseconds: 1_500))
        #expect(reported == isTaken)
        guard !isTaken else { return }
        #expect(
            try world.last("error")?.object("error").string("message")
                == "Audio content of 1500ms is already shorter than 1501ms")
    }

    @Test("Only one response is made at a time, but others may run beside the conversation")
    func oneResponse() throws {
        var world = try SessionWorld()
        world.send(["type": "response.create"])
        world.send(["type": "response.create", "event_id": "second"])
        let error = try #require(try world.last("error")?.object("error"))
        #expect(try error.string("code") == "conversation_already_has_active_response")
        #expect(try error.string("event_id") == "second")
        world.send(["type": "response.create", "response": ["conversation": "none", "metadata": ["purpose": "side"]]])
        #expect(world.count("response.created") == 2)
        world.run(for: .seconds(3))
        #expect(world.count("response.done") == 2)
    }

    @Test("What the caller said is echoed in the mode for it", arguments: WireAudio.all)
    func echo(audio: WireAudio) throws {
        var world = try SessionWorld([("mode", "echo")], audio: audio)
        world.send(["type": "response.create"])
        world.run(for: .seconds(1))
        world.say(350, for: .seconds(1))
        world.say(0, for: .seconds(1))
        world.run(for: .seconds(1))
        let echo = try #require(world.sounds().last).part(from: .milliseconds(400), to: .milliseconds(1_200))
        #expect(abs(try #require(echo.pitch) / 350 - 1) < 0.003)
    }

    @Test("The output limit ends a reply early and says so")
    func outputLimit() throws {
        var world = try SessionWorld(
            [("greeting", "10s"), ("pace", "0")], session: [JSONObject.Member(name: "max_output_tokens", value: 20)])
        world.send(["type": "response.create"])
        world.run(for: .seconds(1))
        #expect(world.sounds().first?.duration == .seconds(1))
        let done = try #require(try world.last("response.done")?.object("response"))
        #expect(try done.string("status") == "incomplete")
        #expect(try done.object("status_details").string("reason") == "max_output_tokens")
    }

    @Test(
        "A caller who says nothing gets a turn when the idle time-out is over, counted from the end of what was heard")
    func idle() throws {
        var world = try SessionWorld([("greeting", "2s"), ("pace", "0"), ("thinking", "0ms")])
        world.send([
            "type": "session.update",
            "session": [
                "type": "realtime",
                "audio": ["input": ["turn_detection": ["type": "server_vad", "idle_timeout_ms": 5_000]]],
            ],
        ])
        world.send(["type": "response.create"])
        world.run(for: .milliseconds(6_999))
        #expect(world.count("input_audio_buffer.timeout_triggered") == 0)
        world.run(for: .milliseconds(2))
        #expect(world.count("input_audio_buffer.timeout_triggered") == 1)
        #expect(world.count("response.created") == 2)
    }

    @Test("A session ends after an hour, with the error that the service sends")
    func hour() throws {
        var world = try SessionWorld()
        world.run(for: .seconds(3_599))
        #expect(world.ending == nil)
        world.run(for: .seconds(1))
        #expect(try world.errorCode(of: world.last("error")) == "session_expired")
        #expect(
            world.ending
                == .close(code: 1_001, reason: "Your session hit the maximum duration of 60 minutes."))
    }

    @Test("A tool is called in its turn, once, and its answer continues that turn")
    func tool() throws {
        var world = try SessionWorld([("tool", #"get_slots:{"day":"monday"}@2"#), ("pace", "0")])
        for _ in 0..<2 {
            world.send(["type": "response.create"])
            world.run(for: .seconds(1))
        }
        let call = try #require(world.last("response.function_call_arguments.done"))
        #expect(try call.string("name") == "get_slots")
        #expect(try call.string("arguments") == #"{"day":"monday"}"#)
        world.send([
            "type": "conversation.item.create",
            "item": ["type": "function_call_output", "call_id": .string(try call.string("call_id")), "output": "{}"],
        ])
        for _ in 0..<2 {
            world.send(["type": "response.create"])
            world.run(for: .seconds(1))
        }
        let turns = world.reports.compactMap { if case .responseStarted(_, let turn, _) = $0 { turn } else { nil } }
        #expect(turns == [1, 2, 2, 3])
        #expect(world.count("response.function_call_arguments.done") == 1)
    }

    @Test("A message of the caller may ask for a tool")
    func toolOnRequest() throws {
        var world = try SessionWorld([("pace", "0")])
        world.send([
            "type": "conversation.item.create",
            "item": [
                "type": "message", "role": "user",
                "content": [["type": "input_text", "text": "Please. [practice tool=look_up:[1,2]]"]],
            ],
        ])
        world.send(["type": "response.create"])
        world.run(for: .seconds(1))
        #expect(try world.last("response.function_call_arguments.done")?.string("arguments") == "[1,2]")
    }

    @Test("A pressed key may ask for a tool", arguments: [("[keypad: 5]", 1), ("[keypad: 6]", 0)])
    func toolOnWord(text: String, calls: Int) throws {
        var world = try SessionWorld([("on", "5=transfer_call"), ("pace", "0")])
        world.send([
            "type": "conversation.item.create",
            "item": ["type": "message", "role": "user", "content": [["type": "input_text", "text": .string(text)]]],
        ])
        world.send(["type": "response.create"])
        world.run(for: .seconds(1))
        #expect(world.count("response.function_call_arguments.done") == calls)
    }

    @Test("A script changes what is done, turn by turn")
    func script() throws {
        let script = try PracticeScript(
            """
            # Remarks and empty lines count for nothing.

            1 greeting=500ms pace=0
            2 tool=get_slots reply=1s  # and so on
            3 fault=close=1011
            """)
        var world = try SessionWorld(script: script)
        for _ in 0..<2 {
            world.send(["type": "response.create"])
            world.run(for: .seconds(1))
        }
        #expect(world.sounds().map(\.duration) == [.milliseconds(500)])
        #expect(try world.last("response.function_call_arguments.done")?.string("name") == "get_slots")
        #expect(world.ending == nil)
        world.send(["type": "response.create"])
        #expect(world.ending == .close(code: 1_011, reason: "practice"))
    }

    @Test(
        "A wrong line of a script is named",
        arguments: [
            ("1 reply=1s\nnonsense", 2), ("0 reply=1s", 1), ("1", 1), ("\n\n2 reply=long", 3),
            ("1 fault=nonsense", 1),
        ])
    func wrongScript(text: String, line: Int) {
        let error = #expect(throws: PracticeError.self) { try PracticeScript(text) }
        guard case .scriptLine(line, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(
        "The configuration is refused as a whole when one field is wrong",
        arguments: [
            (#"{"type":"session.update","session":{}}"#, "missing_required_parameter"),
            (#"{"type":"session.update","session":{"type":"realtime","voice":"marin"}}"#, "unknown_parameter"),
            (
                #"{"type":"session.update","session":{"type":"realtime","output_modalities":["audio","text"]}}"#,
                "invalid_value"
            ),
            (#"{"type":"session.update","session":{"type":"realtime","instructions":5}}"#, "invalid_type"),
            (
                #"{"type":"session.update","session":{"type":"realtime","max_output_tokens":0}}"#,
                "integer_below_min_value"
            ),
            (
                #"{"type":"session.update","session":{"type":"realtime","audio":{"output":{"voice":"nobody"}}}}"#,
                "invalid_value"
            ),
            (
                #"{"type":"session.update","session":{"type":"realtime","audio":{"input":{"format":{"type":"audio/opus"}}}}}"#,
                "invalid_value"
            ),
            (
                #"{"type":"session.update","session":{"type":"realtime","audio":{"input":{"format":{"type":"audio/pcm","rate":16000}}}}}"#,
                "invalid_value"
            ),
            (
                #"{"type":"session.update","session":{"type":"realtime","audio":{"input":{"turn_detection":{"type":"semantic_vad","threshold":0.5}}}}}"#,
                "unknown_parameter"
            ),
        ])
    func refusedConfiguration(update: String, code: String) throws {
        var world = try SessionWorld(isConfigured: false)
        world.send(text: Array(update.utf8))
        #expect(try world.errorCode(of: world.last("error")) == code)
        #expect(world.count("session.updated") == 0)
        world.send(["type": "session.update", "session": ["type": "realtime"]])
        #expect(world.count("session.updated") == 1)
    }
}

extension WireAudio {
    static let all = [WireAudio.pcm, .muLaw, .aLaw]
}
