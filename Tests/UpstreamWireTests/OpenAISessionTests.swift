import JSONWire
import MediaCore
import Testing
import Timeline
import UpstreamWire
import Wording

@Suite("OpenAI session: beginning and end")
struct OpenAISessionTests {
    @Test("It is ready when the server says which formats it has, and not before")
    func ready() throws {
        var probe = SessionProbe()
        try probe.receive(ServerEvents.sessionCreated)
        #expect(probe.events == [.connected(sessionID: "sess_1")])
        #expect(probe.sentTypes == ["session.update"])
        try probe.receive(SessionProbe.updated())
        let formats = UpstreamFormats(callerAudio: .muLaw8k, agentAudio: .muLaw8k)
        let expiry = UTCTime(millisecondsSince1970: 1_795_150_000_000)
        #expect(probe.events.last == .ready(UpstreamReady(formats: formats, expiresAt: expiry)))
        try probe.receive(SessionProbe.updated())
        #expect(probe.events.count == 2)
    }

    @Test(
        "Other formats than asked for are adopted if the protocol has them",
        arguments: [
            ("audio/pcmu", AudioFormat.muLaw8k), ("audio/pcma", .aLaw8k), ("audio/pcm", .pcm16(.hz24000)),
        ])
    func adoption(name: String, format: AudioFormat) throws {
        let asked = UpstreamFormats(callerAudio: .aLaw8k, agentAudio: .pcm16(.hz24000))
        for (input, output, formats) in [
            (name, "audio/pcmu", UpstreamFormats(callerAudio: format, agentAudio: .muLaw8k)),
            ("audio/pcmu", name, UpstreamFormats(callerAudio: .muLaw8k, agentAudio: format)),
        ] {
            var probe = SessionProbe(formats: asked)
            try probe.receive(ServerEvents.sessionCreated)
            try probe.receive(SessionProbe.updated(input: input, output: output))
            #expect(probe.ready?.formats == formats)
            // The same again changes nothing.
            try probe.receive(SessionProbe.updated(input: input, output: output))
            #expect(probe.events.count == 2)
        }
    }

    @Test("Formats that the server does not name are those that were asked for")
    func unnamedFormats() throws {
        let asked = UpstreamFormats(callerAudio: .aLaw8k, agentAudio: .pcm16(.hz24000))
        var probe = SessionProbe(formats: asked)
        try probe.receive(ServerEvents.sessionCreated)
        try probe.receive(#"{"type":"session.updated","session":{}}"#)
        #expect(probe.ready?.formats == asked)
    }

    @Test("What is cut is counted in the adopted format")
    func adoptedTruncation() throws {
        var probe = SessionProbe()
        try probe.receive(ServerEvents.sessionCreated)
        try probe.receive(SessionProbe.updated(output: "audio/pcm"))
        probe.forget()
        try probe.created("r")
        try probe.item("a", in: "r")
        try probe.audio("a", in: "r", bytes: 48_000)
        try probe.perform(.truncate(AgentItem(number: 1), heard: Milliseconds(5_000)))
        #expect(try probe.sent[0].integer("audio_end_ms") == 1_000)
    }

    @Test("A format that we do not know ends it", arguments: ["audio/opus", #"audio/pcm","rate":16000,"x":""#])
    func unknownFormat(name: String) throws {
        for wrong in [SessionProbe.updated(input: name), SessionProbe.updated(output: name)] {
            var probe = SessionProbe()
            try probe.receive(ServerEvents.sessionCreated)
            try probe.receive(wrong)
            #expect(probe.ending?.code == "upstream.format_mismatch")
        }
    }

    @Test("Another format once audio may flow ends it", arguments: ["audio/pcm", "audio/pcma", "audio/opus"])
    func lateFormat(name: String) throws {
        for wrong in [SessionProbe.updated(input: name), SessionProbe.updated(output: name)] {
            var probe = try SessionProbe.ready()
            try probe.receive(wrong)
            #expect(probe.ending?.code == "upstream.format_mismatch")
        }
        var adopted = SessionProbe()
        try adopted.receive(ServerEvents.sessionCreated)
        try adopted.receive(SessionProbe.updated(input: "audio/pcma", output: "audio/pcma"))
        try adopted.receive(SessionProbe.updated())
        #expect(adopted.ending?.code == "upstream.format_mismatch")
    }

    @Test("Refused settings end it, with the server's words")
    func refusedSettings() throws {
        var probe = SessionProbe()
        try probe.receive(ServerEvents.sessionCreated)
        let id = try probe.sent[0].string("event_id")
        try probe.error(code: "unknown_parameter", message: "Unknown parameter: 'session.x'.", eventID: id)
        #expect(probe.ending?.code == "upstream.configuration_refused")
        #expect(probe.ending?.detail.description.contains("session.x") == true)
        #expect(probe.ending?.reason == .fallBack)
    }

    @Test("A fatal error ends it at once, and the close that follows says nothing more")
    func fatal() throws {
        var probe = SessionProbe()
        try probe.error(code: "invalid_api_key")
        #expect(probe.ending?.code == "upstream.invalid_credentials")
        try probe.close(3000, "invalid_request_error.invalid_api_key")
        try probe.receive(ServerEvents.sessionCreated)
        try probe.perform(.greet)
        #expect(probe.events.count == 1)
        #expect(probe.sent.isEmpty)
        #expect(probe.session.deadline == .never)
    }

    @Test("An expired session is renewed, by error or by close")
    func expiry() throws {
        var told = try SessionProbe.ready()
        try told.error(code: "session_expired")
        #expect(told.ending?.reason == .renew)
        var closed = try SessionProbe.ready()
        try closed.close(1001, "Your session hit the maximum duration of 60 minutes.")
        #expect(closed.ending?.reason == .renew)
    }

    @Test("A resumed session is told what was said, and speaks only if the caller had the last word")
    func resume() throws {
        for (last, isAnswered) in [(UpstreamSpeaker.caller, true), (.agent, false)] {
            let turns = [UpstreamPastTurn(.agent, "Hello."), UpstreamPastTurn(last, "Well \"then\"")]
            var probe = SessionProbe(pastTurns: turns)
            try probe.receive(ServerEvents.sessionCreated)
            let kind = "conversation.item.create"
            #expect(probe.sentTypes == ["session.update", kind, kind, kind])
            let items = try probe.sent.dropFirst().map { try $0.object("item") }
            #expect(
                try items.map { try $0.string("role") } == [
                    "assistant", last == .caller ? "user" : "assistant", "system",
                ])
            try probe.receive(SessionProbe.updated())
            probe.forget()
            try probe.perform(.greet)
            #expect(probe.sentTypes == (isAnswered ? ["response.create"] : []))
        }
    }

    @Test("What cannot be read is told and changes nothing")
    func unreadable() throws {
        var probe = try SessionProbe.ready()
        for text in ["", "{}", "[1]", #"{"type":"error"}"#, #"{"type":"no.such","x":1}"#] { try probe.receive(text) }
        let malformed = "upstream.malformed_message"
        #expect(
            probe.warnings.map(\.code) == [
                malformed, malformed, malformed, "upstream.unexpected_field", "upstream.unknown_message",
            ])
        #expect(probe.events.count == 5)
    }

    @Test("Commands before the server's first event are refused")
    func early() throws {
        var probe = SessionProbe()
        try probe.perform(.greet)
        #expect(probe.sent.isEmpty)
        #expect(probe.events.count == 1)
    }
}

@Suite("OpenAI session: responses")
struct OpenAISessionResponseTests {
    @Test("The first message is said word for word, with variables filled in and the agent's instructions kept")
    func greeting() throws {
        var agent = UpstreamAgent()
        agent.instructions = "You are {{role}}."
        agent.firstMessage = "Hello {{ name }}, {{unknown}}"
        agent.variables = JSONObject([
            .init(name: "name", value: .string("{{role}}")), .init(name: "role", value: .number(JSONNumber(7))),
        ])
        var probe = try SessionProbe.ready(agent: agent)
        try probe.perform(.greet)
        let response = try probe.sent[0].object("response")
        let instructions = try response.string("instructions")
        #expect(instructions.hasPrefix("You are 7.\n\n"))
        #expect(instructions.hasSuffix("Hello {{role}}, {{unknown}}"))
        #expect(try response.string("tool_choice") == "none")
    }

    @Test("Without a first message the model greets by itself; an empty one waits", arguments: [(nil, 1), ("", 0)])
    func greetings(message: String?, count: Int) throws {
        var agent = UpstreamAgent()
        agent.firstMessage = message
        var probe = try SessionProbe.ready(agent: agent)
        try probe.perform(.greet)
        #expect(probe.sent.count == count)
        #expect(try probe.sent.allSatisfy { try $0.object("response")["instructions"] == nil })
    }

    @Test("A second response waits for the end of the first")
    func oneAtATime() throws {
        var probe = try SessionProbe.ready()
        try probe.perform(.respond())
        let id = try probe.requestID()
        try probe.perform(.respond())
        try probe.perform(.respond())
        try probe.created("r1", for: id)
        #expect(probe.sent.count == 1)
        try probe.done("r1")
        #expect(probe.sent.count == 2)
        #expect(try probe.requestID() != id)
    }

    @Test("A response that ends without having begun makes way, too")
    func doneWithoutCreated() throws {
        var probe = try SessionProbe.ready()
        try probe.perform(.respond())
        let id = try probe.requestID()
        try probe.perform(.respond())
        let response = #"{"id":"r1","status":"completed","metadata":{"request":""# + id + #""}}"#
        try probe.receive(#"{"type":"response.done","response":"# + response + "}")
        #expect(probe.sent.count == 2)
    }

    @Test("A request that the server refuses because it is speaking is made again")
    func blocked() throws {
        var probe = try SessionProbe.ready()
        try probe.perform(.respond())
        try probe.error(code: "conversation_already_has_active_response", eventID: probe.requestID())
        #expect(probe.sent.count == 1)
        try probe.done("unknown")
        #expect(probe.sent.count == 2)
    }

    @Test("While the caller speaks nothing is asked for, and the server's own response answers it all")
    func callerSpeaks() throws {
        var probe = try SessionProbe.ready()
        try probe.receive(ServerEvents.inputAudioBufferSpeechStarted)
        try probe.perform(.respond())
        try probe.receive(ServerEvents.inputAudioBufferSpeechStopped)
        #expect(probe.sent.isEmpty)
        try probe.created("r1")
        try probe.done("r1")
        #expect(probe.sent.isEmpty)
    }

    @Test("A server that does not answer the caller is asked to, in the end")
    func noAnswer() throws {
        var probe = try SessionProbe.ready()
        try probe.receive(ServerEvents.inputAudioBufferSpeechStarted)
        try probe.receive(ServerEvents.inputAudioBufferSpeechStopped)
        try probe.perform(.respond())
        try probe.pass(.milliseconds(9_999))
        #expect(probe.sent.isEmpty)
        try probe.pass(.milliseconds(1))
        #expect(probe.sentTypes == ["response.create"])
    }

    @Test("What the server could not know when it answered is answered afterwards", arguments: [true, false])
    func overtaken(isKnown: Bool) throws {
        var probe = try SessionProbe.ready()
        try probe.receive(ServerEvents.inputAudioBufferSpeechStarted)
        try probe.perform(.digits("12#"))
        let added =
            #"{"type":"conversation.item.added","item":{"type":"message","role":"user","content":"#
            + #"[{"type":"input_text","text":"[keypad: 1 2 #]"}]}}"#
        if isKnown { try probe.receive(added) }
        try probe.created("r1")
        if !isKnown { try probe.receive(added) }
        try probe.done("r1")
        #expect(probe.sentTypes == ["conversation.item.create"] + (isKnown ? [] : ["response.create"]))
    }

    @Test("What was to be said of its own is out of place when the caller was answered")
    func outOfPlace() throws {
        var probe = try SessionProbe.ready()
        try probe.receive(ServerEvents.inputAudioBufferSpeechStarted)
        try probe.perform(.respond(instructions: "Say that you are still looking."))
        try probe.perform(.digits("1"))
        try probe.created("r1")
        try probe.done("r1")
        #expect(probe.sentTypes == ["conversation.item.create", "response.create"])
        #expect(try probe.sent[1].object("response")["instructions"] == nil)
    }

    @Test("What is to be said of its own comes first, then one answer to all the rest")
    func order() throws {
        var probe = try SessionProbe.ready()
        try probe.perform(.respond())
        let id = try probe.requestID()
        for instructions in [nil, "One.", nil, "Two."] { try probe.perform(.respond(instructions: instructions)) }
        try probe.created("r0", for: id)
        try probe.done("r0")
        for number in 1...3 {
            try probe.created("r\(number)", for: probe.requestID())
            try probe.done("r\(number)")
        }
        let said = try probe.sent.map { try $0.object("response").optionalString("instructions") }
        #expect(said == [nil, "One.", "Two.", nil])
    }

    @Test("A request that is never answered counts as lost after ten seconds")
    func lost() throws {
        var probe = try SessionProbe.ready()
        try probe.perform(.respond())
        try probe.perform(.respond(instructions: "Next."))
        try probe.pass(.seconds(10))
        #expect(probe.sent.count == 2)
        #expect(probe.events.count == 1)
        #expect(probe.session.deadline == .at(Instant.zero.advanced(by: .seconds(20))))
    }

    @Test("One failure is tried again, the second in a row ends the session")
    func failures() throws {
        var probe = try SessionProbe.ready()
        let error = #"{"type":"failed","error":{"type":"server_error","code":null,"message":"Oops"}}"#
        try probe.created("r1")
        try probe.done("r1", "failed", details: error)
        #expect(probe.sentTypes == ["response.create"])
        try probe.created("r2", for: probe.requestID())
        try probe.done("r2")
        try probe.created("r3")
        try probe.done("r3", "failed", details: error)
        #expect(probe.ending == nil)
        try probe.created("r4", for: probe.requestID())
        try probe.done("r4", "failed", details: error)
        #expect(probe.ending?.reason == .retry(after: nil))
    }

    @Test(
        "At the account's limit it waits as long as it is told, unless nobody would wait so long",
        arguments: [("1.5s", 1_500), ("a while", 1_000), ("3s", 3_000), ("3001ms", nil)] as [(String, Int?)])
    func throttled(wait: String, milliseconds: Int?) throws {
        var probe = try SessionProbe.ready()
        let message = #"{"code":"rate_limit_exceeded","message":"Please try again in "# + wait + #""}"#
        try probe.created("r1")
        try probe.done("r1", "failed", details: #"{"error":"# + message + "}")
        guard let milliseconds else {
            #expect(probe.ending?.code == "upstream.rate_limited")
            return
        }
        try probe.pass(.milliseconds(milliseconds - 1))
        #expect(probe.sent.isEmpty)
        try probe.pass(.milliseconds(1))
        #expect(probe.sentTypes == ["response.create"])
    }

    @Test("An empty account ends the session")
    func quota() throws {
        var probe = try SessionProbe.ready()
        try probe.created("r1")
        try probe.done("r1", "failed", details: #"{"error":{"type":"insufficient_quota","message":"No."}}"#)
        #expect(probe.ending?.reason == .quota)
    }

    @Test("Usage is told for each response and summed for the session")
    func usage() throws {
        var probe = try SessionProbe.ready()
        try probe.receive(ServerEvents.responseDone)
        try probe.receive(ServerEvents.conversationItemInputAudioTranscriptionCompleted)
        let told = probe.events.reduce(UpstreamUsage()) { sum, event in
            if case .usage(let usage) = event { sum + usage } else { sum }
        }
        #expect(told == probe.session.usage)
        #expect(told.audioOut == 91)
        #expect(told.transcription.audioIn == 13)
        #expect(told.responses == 1)
    }

    @Test(
        "The caller's last word is earlier than the server says, by the silence that it waited for",
        arguments: [
            (#"{"type":"server_vad","silence_duration_ms":500}"#, 1_500),
            (#"{"type":"server_vad","silence_duration_ms":0}"#, 2_000),
            (#"{"type":"server_vad","silence_duration_ms":-100}"#, 2_000),
            // Never before the turn began.
            (#"{"type":"server_vad","silence_duration_ms":1e300}"#, 1_000),
            (#"{"type":"semantic_vad"}"#, 2_000),
        ])
    func lastWord(turnDetection: String, end: Int) throws {
        var probe = try SessionProbe.ready(turnDetection: turnDetection)
        try probe.receive(ServerEvents.inputAudioBufferSpeechStarted)
        try probe.receive(ServerEvents.inputAudioBufferSpeechStopped)
        #expect(probe.events.last == .callerSpeechStopped(at: Milliseconds(end)))
        try probe.receive(ServerEvents.conversationItemInputAudioTranscriptionCompleted)
        let ends = probe.events.compactMap { event in
            if case .transcript(let piece) = event { piece.end } else { nil }
        }
        #expect(ends == [Milliseconds(end)])
    }

    @Test("Words of both sides come with their turns and times")
    func transcript() throws {
        var probe = try SessionProbe.ready()
        try probe.receive(ServerEvents.inputAudioBufferSpeechStarted)
        try probe.receive(ServerEvents.inputAudioBufferSpeechStopped)
        try probe.receive(ServerEvents.responseOutputAudioTranscriptDone)
        try probe.receive(ServerEvents.conversationItemInputAudioTranscriptionCompleted)
        let pieces = probe.events.compactMap { event in
            if case .transcript(let piece) = event { piece } else { nil }
        }
        #expect(
            pieces == [
                UpstreamTranscriptPiece(
                    .agent, turn: "item_a2", item: AgentItem(number: 1), text: "Hello, how can I help?", isFinal: true),
                UpstreamTranscriptPiece(
                    .caller, turn: "item_u2", text: "Hey, can you hear me?", isFinal: true,
                    start: Milliseconds(1_000), end: Milliseconds(2_000)),
            ])
    }
}
