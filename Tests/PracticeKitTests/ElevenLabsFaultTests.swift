import JSONWire
import Testing
import Timeline

@testable import PracticeKit

@Suite("Practice faults with ElevenLabs' protocol")
struct ElevenLabsFaultTests {
    @Test(
        "A conversation ends when and as its fault says",
        arguments: [
            ("close=1011", PracticeSession.Effect.close(code: 1_011, reason: "practice"), 0),
            ("close=4321@1500ms", .close(code: 4_321, reason: "practice"), 1_500),
            ("reset@greeting", .reset, 500), ("half-open@1s", .freeze, 1_000),
            ("session-expired@1s", .close(code: 1_000, reason: "Conversation has exceeded maximum duration"), 1_000),
            ("quota@1s", .close(code: 1_002, reason: "This request exceeds your quota limit."), 1_000),
            (
                "error=llm_timeout@greeting",
                .close(code: 1_002, reason: "The practice agent was asked to fail: llm_timeout."), 500
            ),
            (
                "error=missing_dynamic_variable_transfer@2s",
                .close(code: 1_008, reason: "The practice agent was asked to fail: missing_dynamic_variable_transfer."),
                2_000
            ),
            (
                "error=unknown_websocket_crash@2s",
                .close(code: 1_011, reason: "The practice agent was asked to fail: unknown_websocket_crash."), 2_000
            ),
        ])
    func endings(fault: String, ending: PracticeSession.Effect, milliseconds: Int) throws {
        var world = try AgentWorld([("fault", fault), ("thinking", "500ms")])
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

    @Test("An error comes in both of its forms before the close")
    func errors() throws {
        var nested = try AgentWorld([("fault", "error=llm_error@1s")])
        nested.run(for: .seconds(1))
        let event = try #require(try nested.events.last?.event.object("error_event"))
        #expect(try event.integer("code") == 1_002)
        #expect(try event.string("error_type") == "llm_error")
        var flat = try AgentWorld([("fault", "quota@1s")])
        flat.run(for: .seconds(1))
        let message = try #require(try flat.events.last?.event.string("message"))
        #expect(message.contains("quota"))
        #expect(flat.events.last?.event["error_event"] == nil)
    }

    @Test("A wrong signature and an unknown agent are told by closes alone", arguments: ["bad-key", "model-not-found"])
    func late(fault: String) throws {
        let world = try AgentWorld([("fault", fault)], initiation: nil)
        guard case .close(1_008, _)? = world.ending else {
            Issue.record("not closed: \(world.ending as Any)")
            return
        }
        #expect(world.texts.isEmpty)
    }

    @Test("A silent upstream never says a word")
    func silent() throws {
        var world = try AgentWorld([("fault", "silent")])
        world.run(for: .seconds(10))
        #expect(world.texts.isEmpty)
    }

    @Test("The metadata come late, or after a queue", arguments: ["late=3s", "queued=3s"])
    func waiting(fault: String) throws {
        var world = try AgentWorld([("fault", fault)])
        world.run(for: .milliseconds(2_990))
        #expect(world.count("conversation_initiation_metadata") == 0)
        world.run(for: .milliseconds(20))
        #expect(world.count("conversation_initiation_metadata") == 1)
        let states = try world.all("queue_status").map { try $0.string("status") }
        #expect(states == (fault.hasPrefix("queued") ? ["waiting", "admitted"] : []))
    }

    @Test("The metadata never come, and the agent speaks all the same")
    func noMetadata() throws {
        var world = try AgentWorld([("fault", "no-metadata"), ("greeting", "1s")])
        world.run(for: .seconds(1))
        #expect(world.count("conversation_initiation_metadata") == 0)
        #expect(world.sounds().first?.duration == .seconds(1))
    }

    @Test("The metadata name a format that is none")
    func unknownFormat() throws {
        let world = try AgentWorld([("fault", "unknown-format")])
        #expect(
            try world.last("conversation_initiation_metadata")?.string("agent_output_audio_format") == "opus_48000")
    }

    @Test("A ping comes before the metadata")
    func earlyPing() throws {
        let world = try AgentWorld([("fault", "early-ping")])
        #expect(world.types == ["ping", "conversation_initiation_metadata"])
    }

    @Test("A minute of audio comes in one event")
    func burst() throws {
        var world = try AgentWorld([("fault", "burst=60s")])
        world.run(for: .milliseconds(20))
        #expect(world.count("audio") == 1)
        #expect(world.sounds().first?.duration == .seconds(60))
        // More than clients with a limit of one MiB can take.
        #expect(try #require(world.texts.map(\.utf8.count).max()) > 2_500_000)
    }

    @Test(
        "Strange words between the events change nothing else",
        arguments: [
            "malformed", "unknown-events", "extra-fields", "duplicates", "reordered", "odd-deltas", "text-ids",
            "empty-audio", "slow=1ms",
        ])
    func harmless(fault: String) throws {
        var plain = try AgentWorld([("greeting", "1s"), ("format", "ulaw_8000")])
        var bent = try AgentWorld([("greeting", "1s"), ("format", "ulaw_8000"), ("fault", fault)])
        for _ in 0..<2 {
            plain.run(for: .seconds(10))
            plain.send(["type": "user_message", "text": "Go on."])
            bent.run(for: .seconds(10))
            bent.send(["type": "user_message", "text": "Go on."])
        }
        #expect(bent.sounds() == plain.sounds())
        #expect(bent.texts != plain.texts || fault.hasPrefix("slow"))
        #expect(Set(plain.types).isSubset(of: bent.types))
        #expect(bent.ending == nil)
    }

    @Test("The wrong format is promised right and sent wrong")
    func wrongFormat() throws {
        for (promised, sent) in [("ulaw_8000", "pcm_16000"), ("pcm_24000", "ulaw_8000")] {
            var world = try AgentWorld([("fault", "wrong-format"), ("greeting", "1s"), ("format", promised)])
            world.run(for: .seconds(2))
            #expect(
                try world.last("conversation_initiation_metadata")?.string("agent_output_audio_format") == promised)
            let sound = try #require(world.sounds(as: WireAudio(elevenLabs: sent)).first)
            #expect(sound.duration == .seconds(1))
            #expect(abs(try #require(sound.pitch) / 440 - 1) < 0.001)
        }
    }

    @Test("Two pieces of audio follow each other in a reply, each with its id and its pitch")
    func twoItems() throws {
        var world = try AgentWorld([("fault", "two-items"), ("pitch", "400")])
        world.run(for: .seconds(2))
        #expect(try world.sounds().map { try #require($0.pitch).rounded() } == [400, 600])
    }

    @Test("After an interruption audio of an older id still comes")
    func lateDeltas() throws {
        var world = try AgentWorld([("fault", "late-deltas"), ("greeting", "20s"), ("pace", "1")])
        world.run(for: .seconds(1))
        world.say(300, for: .milliseconds(100))
        let cut = try #require(world.ids("interruption").first)
        #expect(world.ids("audio").suffix(3) == [cut - 1, cut - 1, cut - 1])
    }

    @Test("The reply behind an interruption has the interruption's own id")
    func sameID() throws {
        var world = try AgentWorld([("fault", "same-id"), ("greeting", "20s"), ("pace", "1")])
        world.run(for: .seconds(1))
        world.send(["type": "user_message", "text": "Wait."])
        world.run(for: .seconds(1))
        let last = try #require(world.ids("audio").last)
        #expect(world.ids("interruption") == [last])
    }

    @Test("A tool call is told twice, with one call id")
    func doubleTool() throws {
        var world = try AgentWorld([("fault", "double-tool"), ("tool", "look_up@1")])
        world.run(for: .seconds(1))
        let calls = try world.all("client_tool_call").map { try $0.string("tool_call_id") }
        #expect(calls.count == 2)
        #expect(Set(calls).count == 1)
    }

    @Test("An agent that hangs up may leave the socket open")
    func noClose() throws {
        var world = try AgentWorld([("fault", "no-close"), ("tool", "end_call@1"), ("greeting", "1s")])
        world.run(for: .seconds(10))
        #expect(world.count("agent_tool_response") == 1)
        #expect(world.ending == nil)
    }

    @Test("A wish may stand in a variable or in a prompt; one that the protocol does not have is only reported")
    func wishes() throws {
        var world = try AgentWorld(
            [("overrides", "prompt")],
            initiation: [
                "dynamic_variables": ["note": "[practice fault=close=1011@2s]"],
                "conversation_config_override": [
                    "agent": ["prompt": ["prompt": "[practice fault=no-update reply=3s]"]]
                ],
            ])
        #expect(world.session.settings.faults == [.close(code: 1_011, .after(.seconds(2)))])
        #expect(world.session.settings.reply == .seconds(3))
        #expect(world.hasReported(error: "practice.foreign_fault"))
        world.run(for: .seconds(2))
        #expect(world.ending == .close(code: 1_011, reason: "practice"))
    }

    @Test("Every fault says with which protocols it can be had")
    func protocols() {
        let known = Fault.forms.map { ($0.name, $0.protocols) }
        #expect(known.allSatisfy { !$0.1.isEmpty })
        #expect(known.first { $0.0 == "no-update" }?.1 == [.openAI])
        #expect(known.first { $0.0 == "stale-url" }?.1 == [.elevenLabs])
        #expect(known.first { $0.0 == "reset" }?.1 == [.openAI, .elevenLabs])
    }

    @Test("A format is the agent's or the session's by its name, and two may be given")
    func formats() throws {
        var settings = PracticeSettings()
        try settings.apply("format", "pcmu,ulaw_8000/pcm_44100")
        #expect(settings.openAIFormat == .muLaw)
        #expect(settings.elevenLabs.hears.elevenLabsName == "ulaw_8000")
        #expect(settings.elevenLabs.speaks.elevenLabsName == "pcm_44100")
        for wrong in ["", "opus", "ulaw_16000", "pcm_8000/", "pcm_8000/pcm_8000/pcm_8000"] {
            #expect(throws: PracticeError.self) { try settings.apply("format", wrong) }
        }
    }
}

@Suite("Signatures in signed URLs")
struct URLSignatureTests {
    @Test("A signature is good for its agent and its time, and no other process can make it")
    func check() {
        let signatures = URLSignatures()
        let grant = URLSignatures.Grant(agent: "agent_1", connection: 7, isSingleUse: true, expires: 1_000)
        let text = signatures.sign(grant)
        let other = URLSignatures()
        let verdicts = [
            signatures.check(text, agent: "agent_1", at: 1_000), signatures.check(text, agent: "agent_1", at: 1_001),
            signatures.check(text, agent: "agent_2", at: 1_000),
            signatures.check("\(text)0", agent: "agent_1", at: 1_000),
            signatures.check("", agent: "agent_1", at: 1_000), other.check(text, agent: "agent_1", at: 1_000),
        ]
        #expect(verdicts == [.good(grant), .expired, .invalid, .invalid, .invalid, .invalid])
    }

    @Test("A URL is used for the first time once")
    func use() {
        let signatures = URLSignatures()
        let grant = URLSignatures.Grant(agent: "agent_1", connection: 7, isSingleUse: true, expires: 1_000)
        let uses = [signatures.use(grant, at: 1_000), signatures.use(grant, at: 1_000)]
        #expect(uses == [true, false])
    }
}
