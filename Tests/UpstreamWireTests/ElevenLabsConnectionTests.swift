import Addresses
import JSONWire
import MediaCore
import Testing
import UpstreamWire
import Wording

@Suite("ElevenLabs connection and first message")
struct ElevenLabsConnectionTests {
    @Test("With an API key a conversation begins from a signed URL, without one at the agent itself")
    func opening() throws {
        let base = try WebURL("wss://api.eu.residency.elevenlabs.io")
        let open = try ElevenLabsConnection(url: base, agentID: "a b").opening(agentID: nil)
        let url = try WebURL("wss://api.eu.residency.elevenlabs.io/v1/convai/conversation?agent_id=a%20b")
        #expect(open == .open(UpstreamConnectRequest(url: url, headers: [])))
        let keyed = ElevenLabsConnection(url: base, apiKey: Secret("k"), agentID: "usual")
        guard case .sign(let signing) = try keyed.opening(agentID: "own") else {
            Issue.record("no signed URL is asked for")
            return
        }
        let target = "/v1/convai/conversation/get-signed-url?agent_id=own"
        #expect(signing.url == (try WebURL("https://api.eu.residency.elevenlabs.io\(target)")))
        #expect(signing.headers == [.init("xi-api-key", Secret("k"))])
    }

    @Test("REST is at the same host and port, plain where the socket is plain")
    func plain() throws {
        let connection = ElevenLabsConnection(url: try WebURL("ws://127.0.0.1:9002"), apiKey: Secret("k"))
        guard case .sign(let signing) = try connection.opening(agentID: "a") else {
            Issue.record("no signed URL is asked for")
            return
        }
        #expect(signing.url.description.hasPrefix("http://127.0.0.1:9002/v1/convai/"))
    }

    @Test("Without any agent's id there is nothing to connect to")
    func noAgent() throws {
        let connection = ElevenLabsConnection(url: try WebURL("wss://api.elevenlabs.io"))
        #expect(throws: UpstreamFailure.self) { try connection.opening(agentID: nil) }
    }

    @Test(
        "A signed URL is taken as it is, unless it is none or less safe than the API",
        arguments: [
            (#"{"signed_url":"wss://x.example/v1?agent_id=a&conversation_signature=s"}"#, true),
            (#"{"signed_url":"ws://x.example/v1"}"#, false), (#"{"signed_url":"https://x.example/v1"}"#, false),
            (#"{"signed_url":17}"#, false), (#"{}"#, false), ("<html>", false),
        ])
    func signed(body: String, isGood: Bool) throws {
        let connection = ElevenLabsConnection(url: try WebURL("wss://api.elevenlabs.io"), apiKey: Secret("k"))
        let request = try? connection.signed(httpStatus: 200, body: Array(body.utf8).span) { _ in nil }
        #expect((request != nil) == isGood)
        if isGood { #expect(request?.url.query == "agent_id=a&conversation_signature=s") }
    }

    // MARK: the first message

    @Test("Only what the agent names is overridden")
    func overrides() throws {
        var probe = ElevenLabsProbe()
        try probe.open()
        #expect(text(probe.sent[0]) == #"{"type":"conversation_initiation_client_data"}"#)
        var agent = UpstreamAgent()
        agent.voice = "v1"
        probe = ElevenLabsProbe(agent: agent)
        try probe.open()
        #expect(
            text(probe.sent[0])
                == #"{"type":"conversation_initiation_client_data","conversation_config_override":"#
                + #"{"tts":{"voice_id":"v1"}}}"#)
    }

    @Test("Everything that an agent names has its place, and variables are not filled in here")
    func allOverrides() throws {
        var agent = UpstreamAgent()
        agent.model = "m"
        agent.voice = "v"
        agent.instructions = "Serve {{name}}."
        agent.firstMessage = ""
        agent.language = "en"
        agent.turnDetection = ["turn_timeout": 5]
        agent.variables = try JSONObject(
            parsing: #"{"name":"Ada","n":1.50,"vip":true,"none":null,"list":[1],"system__time":"now"}"#.utf8.span)
        var probe = ElevenLabsProbe(agent: agent)
        try probe.open()
        let override = try probe.sent[0].object("conversation_config_override")
        #expect(
            text(override)
                == #"{"agent":{"prompt":{"prompt":"Serve {{name}}.","llm":"m"},"first_message":"","language":"en"},"#
                + #""tts":{"voice_id":"v"},"turn":{"turn_timeout":5}}"#)
        #expect(
            text(try probe.sent[0].object("dynamic_variables"))
                == #"{"name":"Ada","n":1.50,"vip":true,"list":"[1]"}"#)
    }

    @Test("Where nothing may be changed, variables are all that is sent")
    func unchangeable() throws {
        var agent = UpstreamAgent()
        agent.instructions = "Serve {{name}}."
        agent.firstMessage = "Hello."
        agent.variables = try JSONObject(parsing: #"{"name":"Ada"}"#.utf8.span)
        let setup = UpstreamSetup(
            agent: agent, formats: UpstreamFormats(callerAudio: .muLaw8k, agentAudio: .muLaw8k))
        let session = ElevenLabsSession(setup, mayOverride: false)
        var probe = ElevenLabsProbe(session)
        try probe.open()
        #expect(probe.sent[0].members.map(\.name) == ["type", "dynamic_variables"])
    }

    private func text(_ object: JSONObject) -> String {
        var json = JSONWriter()
        JSONValue.object(object).write(to: &json)
        return json.text
    }
}
