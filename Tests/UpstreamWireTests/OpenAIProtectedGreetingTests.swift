import JSONWire
import MediaCore
import Testing
import UpstreamWire

@Suite("OpenAI session: a protected greeting")
struct OpenAIProtectedGreetingTests {
    private static let interrupting = #"{"type":"server_vad","interrupt_response":true}"#
    private static let protecting = #"{"type":"server_vad","interrupt_response":false}"#

    @Test("The server is told not to interrupt, and everything else is as without protection")
    func setUp() throws {
        var free = SessionProbe()
        try free.receive(ServerEvents.sessionCreated)
        var protected = SessionProbe(protectsGreeting: true)
        try protected.receive(ServerEvents.sessionCreated)
        #expect(try free.turnDetection(0)["interrupt_response"] == .bool(true))
        #expect(try protected.turnDetection(0)["interrupt_response"] == .bool(false))
        #expect(try protected.settings(0) == free.settings(0))
    }

    @Test(
        "The agent's own turn detection is kept but for that",
        arguments: [
            (#"{"type":"semantic_vad","eagerness":"low"}"#, #"{"type":"semantic_vad","eagerness":"low","#),
            (#"{"interrupt_response":true,"type":"semantic_vad"}"#, #"{"type":"semantic_vad","#),
            (
                #"{"type":"server_vad","create_response":false,"interrupt_response":false}"#,
                #"{"type":"server_vad","create_response":false,"#
            ),
        ])
    func ownTurnDetection(given: String, start: String) throws {
        var agent = UpstreamAgent()
        agent.turnDetection = try JSONValue(parsing: given.utf8.span)
        var probe = SessionProbe(agent: agent, protectsGreeting: true)
        try probe.receive(ServerEvents.sessionCreated)
        let expected = try JSONObject(parsing: (start + #""interrupt_response":false}"#).utf8.span)
        #expect(try Set(probe.turnDetection(0).members) == Set(expected.members))
        try probe.perform(.allowInterruptions)
        #expect(try .object(probe.turnDetection(1)) == agent.turnDetection)
    }

    @Test("While it lasts the caller's speech is told and nothing is interrupted, whatever the server says of itself")
    func speech() throws {
        for detection in [Self.protecting, Self.interrupting] {
            var probe = try greeting(turnDetection: detection)
            try probe.receive(ServerEvents.inputAudioBufferSpeechStarted)
            #expect(probe.events == [.callerSpeechStarted(at: Milliseconds(1_000))])
            #expect(probe.sent.isEmpty)
        }
    }

    @Test("Once it was heard interruptions are on again, as soon as the server says so, and that is asked for once")
    func allowed() throws {
        var probe = try greeting(turnDetection: Self.protecting)
        try probe.perform(.allowInterruptions)
        try probe.perform(.allowInterruptions)
        #expect(probe.sentTypes == ["session.update"])
        #expect(try probe.turnDetection(0)["interrupt_response"] == .bool(true))
        try probe.receive(ServerEvents.inputAudioBufferSpeechStarted)
        #expect(probe.events.count == 1)
        try probe.receive(SessionProbe.updated(turnDetection: Self.interrupting))
        try probe.receive(ServerEvents.inputAudioBufferSpeechStarted)
        #expect(probe.events.last == .interrupted(through: AgentItem(number: 1)))
    }

    @Test("A change of the turn detection meanwhile does not end it")
    func change() throws {
        var probe = try greeting(turnDetection: Self.protecting)
        let detection = try JSONValue(parsing: #"{"type":"semantic_vad"}"#.utf8.span)
        try probe.perform(.update(UpstreamUpdate(turnDetection: detection)))
        #expect(try probe.turnDetection(0)["interrupt_response"] == .bool(false))
        try probe.perform(.allowInterruptions)
        #expect(try .object(probe.turnDetection(1)) == detection)
    }

    @Test("A session that does not greet, or that has no turn detection, has nothing to protect")
    func nothingToProtect() throws {
        var waiting = UpstreamAgent()
        waiting.firstMessage = ""
        var silent = UpstreamAgent()
        silent.turnDetection = .null
        for (agent, turns) in [
            (waiting, []), (UpstreamAgent(), [UpstreamPastTurn(.agent, "Hello.")]), (silent, []),
        ] {
            var free = SessionProbe(agent: agent, pastTurns: turns)
            try free.receive(ServerEvents.sessionCreated)
            var protected = SessionProbe(agent: agent, pastTurns: turns, protectsGreeting: true)
            try protected.receive(ServerEvents.sessionCreated)
            #expect(protected.sent == free.sent)
            protected.forget()
            try protected.perform(.allowInterruptions)
            #expect(protected.sent.isEmpty)
        }
    }

    @Test("Who spoke into the greeting is answered after it, by whoever is first", arguments: [true, false])
    func answeredAfterwards(byServer: Bool) throws {
        var probe = try greeting(turnDetection: Self.protecting)
        try probe.receive(ServerEvents.inputAudioBufferSpeechStarted)
        try probe.receive(ServerEvents.inputAudioBufferSpeechStopped)
        #expect(probe.sent.isEmpty)
        if byServer { try probe.created("r2") }
        try probe.done(byServer ? "r2" : "r1")
        #expect(probe.sentTypes == (byServer ? [] : ["response.create"]))
    }

    /// Ready, and in the middle of the greeting.
    private func greeting(turnDetection: String) throws -> SessionProbe {
        var probe = SessionProbe(protectsGreeting: true)
        try probe.receive(ServerEvents.sessionCreated)
        try probe.receive(SessionProbe.updated(turnDetection: turnDetection))
        try probe.perform(.greet)
        try probe.created("r1", for: probe.requestID())
        try probe.item("a", in: "r1")
        try probe.audio("a", in: "r1")
        probe.forget()
        return probe
    }
}

extension SessionProbe {
    fileprivate func turnDetection(_ index: Int) throws -> JSONObject {
        try sent[index].object("session").object("audio").object("input").object("turn_detection")
    }

    /// All of a `session.update` but the turn detection.
    fileprivate func settings(_ index: Int) throws -> [JSONObject.Member] {
        let session = try sent[index].object("session")
        let audio = try session.object("audio")
        let input = try audio.object("input").members.filter { $0.name != "turn_detection" }
        let output = try audio.object("output").members
        return session.members.filter { $0.name != "audio" } + input + output
    }
}
