import JSONWire
import MediaCore
import Timeline
import UpstreamWire

/// Every message that a call sends to OpenAI, in every form that it takes.
enum OpenAISamples {
    static func all() -> [Sample] {
        configurations() + agents() + events() + conversation() + audio()
    }

    private static let tool = UpstreamTool(
        name: "look", description: "Finds \"things\".",
        parameters: object(#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}"#))

    // MARK: Settings

    private static func configurations() -> [Sample] {
        var all: [(String, OpenAISessionConfiguration)] = [("empty", OpenAISessionConfiguration()), ("full", full())]
        for (name, detection) in [
            ("server-vad", #"{"type":"server_vad","threshold":0.6,"idle_timeout_ms":10000,"create_response":false}"#),
            ("semantic-vad", #"{"type":"semantic_vad","eagerness":"low","interrupt_response":false}"#),
            ("no-vad", "null"),
        ] {
            var configuration = OpenAISessionConfiguration()
            configuration.turnDetection = .asGiven(value(detection))
            all.append((name, configuration))
            configuration.mayBeInterrupted = false
            all.append(("\(name)-protected", configuration))
        }
        for (name, choice) in [
            ("none", .none), ("auto", .auto), ("required", .required), ("function", .function("look")),
        ] as [(String, OpenAISessionConfiguration.ToolChoice)] {
            var configuration = OpenAISessionConfiguration()
            configuration.toolChoice = choice
            configuration.truncation = name == "none" ? .auto : .disabled
            configuration.tools = name == "required" ? [UpstreamTool(name: "bare")] : [tool]
            all.append(("tool-choice-\(name)", configuration))
        }
        return all.map { Sample("session-\($0)", .updateSession($1)) }
    }

    private static func full() -> OpenAISessionConfiguration {
        var configuration = OpenAISessionConfiguration()
        configuration.instructions = "Speak \"plainly\".\n\u{1F4DE}"
        configuration.inputFormat = .pcm16(.hz24000)
        configuration.outputFormat = .pcm16(.hz24000)
        configuration.voice = .custom(id: "voice_1234")
        configuration.speed = 1.25
        configuration.noiseReduction = .init(.farField, strength: 0.5)
        configuration.transcription = .init(languages: ["en", "de"], keywords: ["Patchbay"], prompt: "A phone call.")
        configuration.turnDetection = .phoneCall
        configuration.tools = [tool]
        configuration.toolChoice = .auto
        configuration.callsToolsInParallel = true
        configuration.reasoningEffort = "low"
        configuration.maximumOutputTokens = 1_024
        configuration.truncation = .retentionRatio(0.8, tokensAfterInstructions: 8_000)
        configuration.prompt = .init(id: "pmpt_1", version: "2", variables: object(#"{"city":"Paris"}"#))
        configuration.tracing = .init(workflowName: "phone", groupID: "CA1")
        return configuration
    }

    private static func agents() -> [Sample] {
        let formats: [(String, AudioFormat)] = [
            ("pcmu", .muLaw8k), ("pcma", .aLaw8k), ("pcm", .pcm16(.hz24000)),
        ]
        return formats.flatMap { name, format in
            [UpstreamAgent(), agent()].enumerated().map { number, agent in
                let formats = UpstreamFormats(callerAudio: format, agentAudio: format)
                let configuration = OpenAISessionConfiguration(UpstreamSetup(agent: agent, formats: formats))
                return Sample("agent-\(name)-\(number)", .updateSession(configuration))
            }
        }
    }

    private static func agent() -> UpstreamAgent {
        var agent = UpstreamAgent()
        agent.model = "gpt-realtime-2.1"
        agent.voice = "marin"
        agent.instructions = "You answer calls for {{company}}."
        agent.firstMessage = "Hello, this is {{company}}."
        agent.language = "en"
        agent.tools = [tool]
        agent.variables = object(#"{"company":"Example Dental"}"#)
        return agent
    }

    // MARK: Single events

    private static func events() -> [Sample] {
        let message = OpenAINewItem.message(.caller, "Hi")
        return [
            Sample("create", .createResponse(OpenAIResponseRequest())),
            Sample("create-named", .createResponse(OpenAIResponseRequest(instructions: "Wait.", id: "response-1"))),
            Sample("create-tool", .createResponse(OpenAIResponseRequest(toolChoice: .function("look")))),
            Sample("cancel", .cancelResponse(id: "resp_1")),
            Sample("cancel-any", .cancelResponse(id: nil)),
            Sample("item-caller", .createItem(message)),
            Sample("item-first", .createItem(message, after: .start)),
            Sample("item-after", .createItem(message, after: .item(id: "item_1"))),
            Sample("item-agent", .createItem(.message(.agent, "Hello"))),
            Sample("item-system", .createItem(.message(.system, "Note"))),
            Sample("item-tool-output", .createItem(.toolOutput(callID: "call_1", output: #"{"ok":true}"#))),
            Sample("truncate", .truncate(itemID: "item_1", contentIndex: 0, end: Milliseconds(1_500))),
            Sample("delete", .deleteItem(id: "item_1")),
            Sample("retrieve", .retrieveItem(id: "item_1")),
            Sample("commit", .commitAudio),
            Sample("clear", .clearAudio),
        ]
    }

    // MARK: A whole conversation

    private static func conversation() -> [Sample] {
        let turns = [UpstreamPastTurn(.agent, "Hello."), UpstreamPastTurn(.caller, "Go on.")]
        let fresh = talk(session(agent()))
        let resumed = talk(session(agent(), pastTurns: turns))
        let protected = talk(session(agent(), protectsGreeting: true))
        return (fresh + resumed + protected).enumerated().map { Sample(name: "conversation-\($0)", message: $1) }
    }

    private static func talk(_ session: OpenAISession) -> [[UInt8]] {
        var session = session
        var messages: [[UInt8]] = []
        var now = Instant.zero
        func hear(_ text: String) {
            if case .other(let output) = session.receive(text.utf8.span, at: now) { messages += output.messages }
        }
        func command(_ command: UpstreamCommand) {
            // Past every wait, so that each command has its effect at once.
            now = now.advanced(by: .seconds(60))
            messages += session.deadlineReached(at: now).messages
            messages += session.perform(command, at: now).messages
        }
        hear(#"{"type":"session.created","session":{}}"#)
        hear(#"{"type":"session.updated","session":{"audio":{"input":{"turn_detection":null}}}}"#)
        command(.greet)
        command(.allowInterruptions)
        hear(#"{"type":"response.created","response":{"id":"resp_1"}}"#)
        hear(#"{"type":"response.output_audio.delta","response_id":"resp_1","item_id":"item_1","delta":"\#(second)"}"#)
        hear(#"{"type":"response.output_audio.delta","response_id":"resp_1","item_id":"item_2","delta":"/w=="}"#)
        let heard = UpstreamCut.Audible(AgentItem(number: 1), heard: Milliseconds(300))
        command(.interrupt(UpstreamCut(audible: heard, unheard: [AgentItem(number: 2)])))
        hear(#"{"type":"response.done","response":{"id":"resp_1","status":"cancelled","output":[\#(call)]}}"#)
        command(.digits("12#"))
        command(.say("The line closes soon."))
        command(.message(.system, "The caller is known.", answered: false))
        command(.respond(instructions: "Say that you are still looking.", mayUseTools: false))
        hear(#"{"type":"response.done","response":{"id":"r","status":"completed","output":[\#(otherCall)]}}"#)
        command(.toolResult(callID: "c2", output: "found"))
        command(.update(UpstreamUpdate(instructions: "New.", tools: [tool], turnDetection: .null)))
        command(.commitAudio)
        return messages
    }

    private static let second = String(repeating: "////", count: 2_667)
    private static let call =
        #"{"type":"function_call","status":"completed","name":"look","call_id":"c1","arguments":"{}"}"#
    private static let otherCall =
        #"{"type":"function_call","status":"completed","name":"look","call_id":"c2","arguments":"{}"}"#

    // MARK: Audio

    private static func audio() -> [Sample] {
        [1, 160, 480, 961].map { count in
            var buffer = [UInt8](repeating: 0, count: OpenAIAudioAppend.byteCount(audioByteCount: count))
            var target = buffer.mutableSpan
            let audio = [UInt8](repeating: 0xFF, count: count)
            let range = OpenAIAudioAppend.write(audio.span, into: &target)
            return Sample(name: "append-\(count)", message: Array(buffer[range]))
        }
    }

    // MARK: Helpers

    private static func session(
        _ agent: UpstreamAgent, pastTurns: [UpstreamPastTurn] = [], protectsGreeting: Bool = false
    ) -> OpenAISession {
        let formats = UpstreamFormats(callerAudio: .muLaw8k, agentAudio: .muLaw8k)
        return OpenAISession(
            UpstreamSetup(agent: agent, formats: formats, pastTurns: pastTurns, protectsGreeting: protectsGreeting))
    }

    private static func value(_ json: String) -> JSONValue {
        (try? JSONValue(parsing: json.utf8.span)) ?? .null
    }

    private static func object(_ json: String) -> JSONObject {
        (try? JSONObject(parsing: json.utf8.span)) ?? JSONObject()
    }
}

extension Sample {
    fileprivate init(_ name: String, _ event: OpenAIClientEvent) {
        self.init(name: name, message: event.bytes(eventID: "sample-\(name)"))
    }
}
