import JSONWire
import MediaCore
import Timeline
import UpstreamWire

/// Every message that a call sends to ElevenLabs, in every form that it takes.
enum ElevenLabsSamples {
    static func all() -> [Sample] {
        initiations() + events() + conversation() + audio()
    }

    private static func initiations() -> [Sample] {
        let turns = [UpstreamPastTurn(.agent, "Hello."), UpstreamPastTurn(.caller, "Go on.")]
        let agents: [(String, UpstreamAgent, [UpstreamPastTurn])] = [
            ("bare", UpstreamAgent(), []), ("full", agent(), []), ("resumed", agent(), turns),
        ]
        return agents.map { name, agent, turns in
            Sample("initiation-\(name)", .initiate(ElevenLabsInitiation(setup(agent, turns))))
        }
    }

    private static func agent() -> UpstreamAgent {
        var agent = UpstreamAgent()
        agent.model = "gpt-4o"
        agent.voice = "v1"
        agent.instructions = "You answer \"calls\" for {{company}}.\n\u{1F4DE}"
        agent.firstMessage = "Hello, this is {{company}}."
        agent.language = "en"
        agent.turnDetection = .object(object(#"{"noisy_environment_message":"Pardon?"}"#))
        agent.variables = object(#"{"company":"Example Dental","n":2,"vip":true,"list":[1],"system__time":"x"}"#)
        return agent
    }

    private static func events() -> [Sample] {
        [
            Sample("pong", .pong(eventID: 77)),
            Sample("tool-result", .toolResult(callID: "t1", result: #"{"ok":true}"#, isError: false)),
            Sample("tool-error", .toolResult(callID: "t1", result: "no", isError: true)),
            Sample("message", .userMessage("Hi")),
            Sample("update", .contextualUpdate("The caller is known.")),
            Sample("activity", .userActivity),
            Sample("approval", .toolApproval(callID: "m1", isApproved: false)),
        ]
    }

    /// A whole conversation, with everything that a call asks of it.
    private static func conversation() -> [Sample] {
        var session = ElevenLabsSession(setup(agent(), []))
        var messages = session.opened(at: .zero).messages
        func hear(_ text: String) {
            if case .other(let output) = session.receive(text.utf8.span, at: .zero) { messages += output.messages }
        }
        hear(#"{"type":"conversation_initiation_metadata","conversation_initiation_metadata_event":{}}"#)
        hear(#"{"type":"ping","ping_event":{"event_id":1,"ping_ms":20}}"#)
        hear(
            #"{"type":"client_tool_call","client_tool_call":{"tool_name":"look","tool_call_id":"c1","parameters":{}}}"#)
        hear(
            #"{"type":"mcp_tool_call","mcp_tool_call":{"tool_name":"x","tool_call_id":"m1","state":"awaiting_approval"}}"#
        )
        for command in [
            .greet, .allowInterruptions, .respond(instructions: "Wait."), .say("The line closes soon."),
            .message(.system, "Note", answered: false), .message(.caller, "Hi", answered: true), .digits("12#"),
            .callerIsBusy, .toolResult(callID: "c1", output: "7"), .update(UpstreamUpdate(instructions: "Be brief.")),
        ] as [UpstreamCommand] {
            messages += session.perform(command, at: .zero).messages
        }
        return messages.enumerated().map { Sample(name: "conversation-\($0)", message: $1) }
    }

    private static func audio() -> [Sample] {
        [1, 160, 480, 961].map { count in
            var buffer = [UInt8](repeating: 0, count: ElevenLabsAudioChunk.byteCount(audioByteCount: count))
            var target = buffer.mutableSpan
            let audio = [UInt8](repeating: 0xFF, count: count)
            let range = ElevenLabsAudioChunk.write(audio.span, into: &target)
            return Sample(name: "chunk-\(count)", message: Array(buffer[range]))
        }
    }

    private static func setup(_ agent: UpstreamAgent, _ pastTurns: [UpstreamPastTurn]) -> UpstreamSetup {
        UpstreamSetup(
            agent: agent, formats: UpstreamFormats(callerAudio: .muLaw8k, agentAudio: .muLaw8k), pastTurns: pastTurns)
    }

    private static func object(_ json: String) -> JSONObject {
        (try? JSONObject(parsing: json.utf8.span)) ?? JSONObject()
    }
}

extension Sample {
    fileprivate init(_ name: String, _ event: ElevenLabsClientEvent) {
        self.init(name: name, message: event.bytes)
    }
}
