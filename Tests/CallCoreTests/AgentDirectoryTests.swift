import CallCore
import JSONWire
import Testing
import Wording

@Suite("Agent directory")
struct AgentDirectoryTests {
    private static func number(_ text: String, _ agent: String?, canary: NumberEntry.Canary? = nil) -> NumberEntry {
        NumberEntry(number: PhoneNumber(text), agent: agent, canary: canary)
    }

    @Test("With neither agents nor numbers, one agent on the first upstream answers every number")
    func nothingConfigured() throws {
        let directory = AgentDirectory(agents: [], numbers: [], upstreams: [.elevenLabs, .openAI])
        let agent = try #require(directory.agent(answering: "+15550001111", draw: 0))
        #expect(agent.id == "default")
        #expect(directory.upstream(of: agent) == .elevenLabs)
    }

    @Test("A listed number is answered by its agent, any other by `default`")
    func listed() {
        let directory = AgentDirectory(
            agents: [Agent(id: "sales"), Agent(id: "default")],
            numbers: [Self.number("+15550001111", "sales"), Self.number("+15550002222", nil)], upstreams: [.openAI])
        #expect(directory.agent(answering: "+15550001111", draw: 0)?.id == "sales")
        #expect(directory.agent(answering: "+15550002222", draw: 0)?.id == "default")
        #expect(directory.agent(answering: "+15550003333", draw: 0)?.id == "default")
    }

    @Test("Without `default`, the first agent answers as long as no number is listed, and nobody once one is")
    func withoutDefault() {
        let agents = [Agent(id: "sales"), Agent(id: "help")]
        let open = AgentDirectory(agents: agents, numbers: [], upstreams: [.openAI])
        #expect(open.agent(answering: "+15550003333", draw: 0)?.id == "sales")
        let listed = AgentDirectory(
            agents: agents, numbers: [Self.number("+15550001111", "help")], upstreams: [.openAI])
        #expect(listed.agent(answering: "+15550003333", draw: 0) == nil)
        #expect(listed.agent(answering: "+15550001111", draw: 0)?.id == "help")
    }

    @Test(
        "A canary takes its share of the draws",
        arguments: [(0.0, "new"), (0.049, "new"), (0.05, "old"), (0.999, "old")])
    func canary(draw: Double, expected: String) {
        let entry = Self.number("+15550001111", "old", canary: .init(agent: "new", share: 0.05))
        let directory = AgentDirectory(
            agents: [Agent(id: "old"), Agent(id: "new")], numbers: [entry], upstreams: [.openAI])
        #expect(directory.agent(answering: "+15550001111", draw: draw)?.id == expected)
    }

    @Test("A number whose agent does not exist is answered by nobody, and the agent is told to be missing")
    func missing() {
        let entry = Self.number("+15550001111", "gone", canary: .init(agent: "lost", share: 1))
        let directory = AgentDirectory(agents: [Agent(id: "default")], numbers: [entry], upstreams: [.openAI])
        #expect(directory.agent(answering: "+15550001111", draw: 0) == nil)
        #expect(directory.missingAgents == ["gone", "lost"])
    }

    @Test("The fallback is the agent that is named, else the agent itself on the other upstream")
    func fallback() {
        var named = Agent(id: "a")
        named.fallback.agent = "b"
        var plain = Agent(id: "b")
        plain.upstream = .elevenLabs
        plain.voice = "theirs"
        let both = AgentDirectory(agents: [named, plain], numbers: [], upstreams: [.openAI, .elevenLabs])
        #expect(both.fallback(for: named)?.id == "b")
        let twin = both.fallback(for: plain)
        #expect(twin?.id == "b" && twin?.upstream == .openAI && twin?.voice == nil)
        let one = AgentDirectory(agents: [named, plain], numbers: [], upstreams: [.elevenLabs])
        #expect(one.fallback(for: plain) == nil)
    }
}

@Suite("Agent as JSON")
struct AgentJSONTests {
    static let whole = #"""
        {"id":"default","upstream":"openai","model":"m","voice":"v","instructions":"i","first_message":"Hello",
        "language":"en","protect_greeting":true,"turn_detection":{"type":"server_vad"},"elevenlabs_agent_id":"e",
        "variables":{"a":1.50},"metadata":{"b":null},
        "tools":[{"name":"get_slots","description":"d","parameters":{"type":"object"},"url":"https://example.com/x",
        "method":"GET","headers":{"Authorization":"secret:CRM"},"timeout_s":2.5,"attempts":2,"budget_s":20,
        "changes":true,"failure_text":"f","redact":["card"]}],
        "builtins":["transfer_call"],"transfer_to":["+15550003333"],"allow_private_tools":true,
        "fallback":{"agent":"backup","say":"Sorry","transfer_to":"+15550004444"},"recording":"opus",
        "consent_message":"c","transcript":"redacted","limits":{"max_call_s":1800,"calls":50}}
        """#

    private static func object(_ text: String) throws -> JSONObject {
        try JSONObject(parsing: Array(text.utf8).span)
    }

    @Test("An agent with everything comes back as it went in")
    func roundTrip() throws {
        let agent = try Agent(json: Self.object(Self.whole))
        #expect(agent.json == (try Self.object(Self.whole)))
        #expect(agent.tools[0].timeout == .milliseconds(2_500))
        #expect(agent.limits.maxCall == .seconds(1_800))
    }

    @Test("An agent with nothing but its id has the usual values, and null counts as nothing")
    func bare() throws {
        #expect(try Agent(json: Self.object(#"{"id":"a","model":null}"#)) == Agent(id: "a"))
    }

    @Test(
        "What is wrong is named by its place",
        arguments: [
            (#"{}"#, JSONError.missing("id")),
            (#"{"id":"a b"}"#, .invalidValue("id")),
            (#"{"id":"a","upstream":"other"}"#, .invalidValue("upstream")),
            (#"{"id":"a","voice":1}"#, .wrongType("voice", expected: .string, found: .number)),
            (#"{"id":"a","builtins":["fly"]}"#, .invalidValue("builtins")),
            (#"{"id":"a","transfer_to":["911"]}"#, .invalidValue("transfer_to")),
            (#"{"id":"a","tools":[{"name":"t"}]}"#, .missing("tools[0].url")),
            (#"{"id":"a","tools":[{"name":"t","url":"ftp://x"}]}"#, .invalidValue("tools[0].url")),
            (#"{"id":"a","tools":[7]}"#, .wrongType("tools[0]", expected: .object, found: .number)),
            (#"{"id":"a","fallback":{"transfer_to":"x"}}"#, .invalidValue("fallback.transfer_to")),
            (#"{"id":"a","limits":{"calls":1.5}}"#, .invalidValue("limits.calls")),
        ])
    func wrong(text: String, expected: JSONError) throws {
        let object = try Self.object(text)
        #expect(throws: expected) { try Agent(json: object) }
    }

    @Test("A number comes back as it went in")
    func number() throws {
        let text = #"{"number":"+15550002222","agent":"default","canary":{"agent":"new","share":0.05},"label":"l"}"#
        let object = try Self.object(text)
        #expect(try NumberEntry(json: object).json == object)
    }

    @Test(
        "A number that cannot be is refused",
        arguments: [
            (#"{"agent":"a"}"#, JSONError.missing("number")),
            (#"{"number":"5550002222"}"#, .invalidValue("number")),
            (#"{"number":"+15550002222","canary":{"agent":"n","share":2}}"#, .invalidValue("canary.share")),
        ])
    func wrongNumber(text: String, expected: JSONError) throws {
        let object = try Self.object(text)
        #expect(throws: expected) { try NumberEntry(json: object) }
    }
}
