import JSONWire
import Testing
import Timeline

@testable import PracticeKit

@Suite("Practice faults")
struct FaultTests {
    @Test("Every fault can be read as its example is written, and has a name of its own")
    func examples() throws {
        for form in Fault.forms {
            let fault = try Fault(form.example)
            #expect(try Fault(fault.description) == fault)
        }
        #expect(Set(Fault.forms.map(\.name)).count == Fault.forms.count)
    }

    @Test(
        "A fault that makes no sense is refused",
        arguments: [
            "", "nonsense", "refuse", "refuse=200", "close", "close=1006", "close=99999", "close=1000@yesterday",
            "slow=-1s",
            "silent=1", "silent@3s", "half-open=5",
        ])
    func refused(text: String) {
        #expect(throws: PracticeError.self) { try Fault(text) }
    }

    @Test(
        "A connection ends when and as its fault says",
        arguments: [
            ("close=1011", PracticeSession.Effect.close(code: 1_011, reason: "practice"), 0),
            ("close=4321@1500ms", .close(code: 4_321, reason: "practice"), 1_500),
            ("close=1000@after-greeting", .close(code: 1_000, reason: "practice"), 750),
            ("reset@greeting", .reset, 500), ("half-open@1s", .freeze, 1_000),
            ("bad-key", .close(code: 3_000, reason: "invalid_request_error.invalid_api_key"), 0),
            ("model-not-found", .close(code: 4_004, reason: "invalid_request_error.model_not_found"), 0),
            (
                "session-expired@1s",
                .close(code: 1_001, reason: "Your session hit the maximum duration of 60 minutes."), 1_000
            ),
        ])
    func endings(fault: String, ending: PracticeSession.Effect, milliseconds: Int) throws {
        var world = try SessionWorld([("fault", fault), ("greeting", "2s"), ("pace", "8"), ("thinking", "500ms")])
        world.send(["type": "response.create"])
        if milliseconds > 0 {
            world.run(for: .milliseconds(milliseconds - 1))
            #expect(world.ending == nil)
        }
        world.run(for: .milliseconds(1))
        #expect(world.ending == ending)
        let sent = world.texts.count
        world.run(for: .seconds(5))
        #expect(world.texts.count == sent)
        #expect(world.session.wakeUp == .never)
    }

    @Test("A silent upstream never says a word")
    func silent() throws {
        var world = try SessionWorld([("fault", "silent")])
        world.send(["type": "response.create"])
        world.run(for: .seconds(10))
        #expect(world.texts.isEmpty)
    }

    @Test("A late upstream takes its time to say that it is there, and then works")
    func late() throws {
        var world = try SessionWorld([("fault", "late=3s")], isConfigured: false)
        world.run(for: .milliseconds(2_999))
        #expect(world.texts.isEmpty)
        world.run(for: .milliseconds(1))
        #expect(world.count("session.created") == 1)
        world.send(["type": "response.create"])
        world.run(for: .seconds(3))
        #expect(world.count("response.done") == 1)
    }

    @Test("The format that was wished for is named and kept to both ways, whatever was asked")
    func format() throws {
        let world = try SessionWorld([("format", "pcm")], audio: .muLaw)
        guard case .object(let session)? = world.last("session.updated")?["session"] else {
            Issue.record("no session.updated")
            return
        }
        let format: JSONValue = ["type": "audio/pcm", "rate": 24_000]
        for side in ["input", "output"] {
            #expect(try session.object("audio").object(side)["format"] == format)
        }
        #expect(throws: PracticeError.self) { try SessionWorld([("format", "opus")]) }
    }

    @Test("A minute of audio comes in one burst, whole")
    func burst() throws {
        var world = try SessionWorld([("fault", "burst=60s")])
        world.send(["type": "response.create"])
        world.run(for: .zero)
        #expect(world.sounds().first?.duration == .seconds(60))
        #expect(world.count("response.done") == 1)
    }

    @Test("Two audio items follow each other in one response, each at its own pitch")
    func twoItems() throws {
        var world = try SessionWorld([("fault", "two-items"), ("pitch", "400")])
        world.send(["type": "response.create"])
        world.run(for: .seconds(2))
        let pitches = try world.sounds().map { try #require($0.pitch).rounded() }
        #expect(pitches == [400, 600])
        #expect(try world.last("response.done")?.object("response").array("output").count == 2)
    }

    @Test(
        "The wrong format is promised right and sent wrong",
        arguments: [(WireAudio.muLaw, WireAudio.pcm), (.pcm, .muLaw)])
    func wrongFormat(promised: WireAudio, sent: WireAudio) throws {
        var world = try SessionWorld([("fault", "wrong-format"), ("greeting", "1s")], audio: promised)
        let updated = try #require(try world.last("session.updated")?.object("session"))
        #expect(try updated.object("audio").object("output").object("format").string("type") == promised.openAIName)
        world.send(["type": "response.create"])
        world.run(for: .seconds(2))
        let sound = try #require(world.sounds(as: sent).first)
        #expect(sound.duration == .seconds(1))
        #expect(abs(try #require(sound.pitch) / 440 - 1) < 0.001)
    }

    @Test(
        "Strange words between the events change nothing else",
        arguments: [
            "malformed", "unknown-events", "extra-fields", "duplicates", "reordered", "odd-deltas",
        ])
    func harmless(fault: String) throws {
        var plain = try SessionWorld([("greeting", "1s")])
        var bent = try SessionWorld([("greeting", "1s"), ("fault", fault)])
        for _ in 0..<2 {
            plain.send(["type": "response.create"])
            plain.run(for: .seconds(10))
            bent.send(["type": "response.create"])
            bent.run(for: .seconds(10))
        }
        #expect(bent.sounds() == plain.sounds())
        #expect(bent.texts != plain.texts)
        #expect(Set(plain.types).isSubset(of: bent.types))
    }

    @Test(
        "The configuration is answered wrongly, or not at all",
        arguments: [("no-update", nil), ("wrong-echo", "audio/pcm")])
    func configuration(fault: String, echo: String?) throws {
        let world = try SessionWorld([("fault", fault)])
        let session = try world.last("session.updated")?.object("session")
        #expect(
            try session?.object("audio").object("output").object("format").string("type") == echo)
    }

    @Test("After an interruption audio of the old response still comes, but no more of its end")
    func lateDeltas() throws {
        var world = try SessionWorld([("fault", "late-deltas"), ("greeting", "20s"), ("pace", "1")])
        world.send(["type": "response.create"])
        world.run(for: .seconds(1))
        world.say(300, for: .milliseconds(100))
        let done = try #require(world.types.lastIndex(of: "response.done"))
        #expect(
            world.types[(done + 1)...] == [
                "response.output_audio.delta", "response.output_audio.delta", "response.output_audio.delta",
            ])
    }

    @Test("A tool call is told twice, with one call id")
    func doubleTool() throws {
        var world = try SessionWorld([("fault", "double-tool"), ("tool", "look_up@1")])
        world.send(["type": "response.create"])
        world.run(for: .seconds(1))
        let calls = try world.all("response.function_call_arguments.done").map { try $0.string("call_id") }
        #expect(calls.count == 2)
        #expect(Set(calls).count == 1)
        #expect(world.count("response.output_item.done") == 2)
        #expect(world.count("response.done") == 1)
    }

    @Test("A response ends that never began")
    func noCreated() throws {
        var world = try SessionWorld([("fault", "no-created")])
        world.send(["type": "response.create"])
        world.run(for: .seconds(2))
        #expect(world.count("response.created") == 0)
        #expect(world.count("response.done") == 1)
    }

    @Test("The first response fails with the code that was asked for, the next one is made")
    func failedResponse() throws {
        var world = try SessionWorld([("fault", "failed-response=inference_rate_limit_exceeded")])
        for _ in 0..<2 {
            world.send(["type": "response.create"])
            world.run(for: .seconds(2))
        }
        let responses = try world.all("response.done").map { try $0.object("response") }
        #expect(try responses.map { try $0.string("status") } == ["failed", "completed"])
        #expect(
            try responses[0].object("status_details").object("error").string("code") == "inference_rate_limit_exceeded")
    }

    @Test("A slow upstream sends one message in each interval")
    func slow() throws {
        var world = try SessionWorld([("fault", "slow=200ms")], isConfigured: false)
        world.send(["type": "response.create"])
        world.run(for: .seconds(2))
        let times = world.events.map { Int($0.at.nanoseconds / 1_000_000) }
        #expect(times == Array(stride(from: 200, through: 2_000, by: 200)))
    }

    @Test("Without quota the response that is made fails, and every later one")
    func quota() throws {
        var world = try SessionWorld([("fault", "quota@greeting")])
        for _ in 0..<2 {
            world.send(["type": "response.create"])
            world.run(for: .seconds(1))
        }
        #expect(try world.errorCode(of: world.last("error")) == "insufficient_quota")
        let states = try world.all("response.done").map { try $0.object("response").string("status") }
        #expect(states == ["failed", "failed"])
        #expect(world.ending == nil)
    }

    @Test("Instructions may ask for faults and settings, and nonsense in them is only reported")
    func instructions() throws {
        let wish = "Be kind. [practice fault=close=1011@2s,two-items reply=3s] Be brief. [practice nonsense=1]"
        var world = try SessionWorld(session: [JSONObject.Member(name: "instructions", value: .string(wish))])
        #expect(world.session.settings.faults == [.close(code: 1_011, .after(.seconds(2))), .twoItems])
        #expect(world.count("session.updated") == 1)
        #expect(world.session.settings.reply == .seconds(3))
        #expect(world.reports.contains { if case .error("practice.unknown_directive", _) = $0 { true } else { false } })
        world.run(for: .seconds(2))
        #expect(world.ending == .close(code: 1_011, reason: "practice"))
    }

    @Test("A query is decoded, and what is not ours in it is left alone")
    func query() throws {
        var settings = PracticeSettings()
        try settings.apply(query: QueryItems("model=gpt-x&fault=close%3D1011%403s&reply=1s&fault=malformed"))
        #expect(settings.faults == [.close(code: 1_011, .after(.seconds(3))), .bent(.malformed)])
        #expect(settings.reply == .seconds(1))
        #expect(QueryItems("a=100%&b=%zz+c")["a"] == "100%")
        #expect(QueryItems("a=100%&b=%zz+c")["b"] == "%zz c")
    }
}
