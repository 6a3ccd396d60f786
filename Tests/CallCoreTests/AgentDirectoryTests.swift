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
        let agent = try #require(directory.answer(to: "+15550001111", call: "CA1").agent)
        #expect(agent.id == "default")
        #expect(directory.upstream(of: agent) == .elevenLabs)
    }

    @Test("A listed number is answered by its agent, any other by `default`")
    func listed() {
        let directory = AgentDirectory(
            agents: [Agent(id: "sales"), Agent(id: "default")],
            numbers: [Self.number("+15550001111", "sales"), Self.number("+15550002222", nil)], upstreams: [.openAI])
        #expect(directory.answer(to: "+15550001111", call: "CA1").agent?.id == "sales")
        #expect(directory.answer(to: "+15550002222", call: "CA1").agent?.id == "default")
        #expect(directory.answer(to: "+15550003333", call: "CA1").agent?.id == "default")
    }

    @Test("Without `default`, the first agent answers as long as no number is listed, and nobody once one is")
    func withoutDefault() {
        let agents = [Agent(id: "sales"), Agent(id: "help")]
        let open = AgentDirectory(agents: agents, numbers: [], upstreams: [.openAI])
        #expect(open.answer(to: "+15550003333", call: "CA1").agent?.id == "sales")
        let listed = AgentDirectory(
            agents: agents, numbers: [Self.number("+15550001111", "help")], upstreams: [.openAI])
        #expect(listed.answer(to: "+15550003333", call: "CA1") == .nobody(.number))
        #expect(listed.answer(to: "+15550001111", call: "CA1").agent?.id == "help")
    }

    private static func canary(_ share: Double) -> AgentDirectory {
        let entry = Self.number("+15550001111", "old", canary: .init(agent: "new", share: share))
        return AgentDirectory(agents: [Agent(id: "old"), Agent(id: "new")], numbers: [entry], upstreams: [.openAI])
    }

    private static func taken(_ share: Double, of calls: Int = 4_000) -> Set<Int> {
        let directory = canary(share)
        return Set(
            (0..<calls).filter { directory.answer(to: "+15550001111", call: "CA\($0)").agent?.id == "new" })
    }

    @Test("A canary takes its share of the calls", arguments: [0, 0.05, 0.5, 1])
    func canary(share: Double) {
        let count = Double(Self.taken(share).count)
        // Four times the spread of as many fair draws; none at the ends.
        #expect(abs(count - 4_000 * share) <= 4 * (4_000 * share * (1 - share)).squareRoot())
    }

    @Test("A call is a canary's or not, however often it is asked, and stays one when the share grows")
    func sameCanary() {
        #expect(Self.taken(0.1) == Self.taken(0.1))
        #expect(Self.taken(0.1).isSubset(of: Self.taken(0.2)))
        #expect(Self.canary(1).answer(to: "+15550001111", call: "CA1") == .agent(Agent(id: "new"), isCanary: true))
    }

    @Test("A number whose agent does not exist is answered by nobody, and the agent is told to be missing")
    func missing() {
        let entry = Self.number("+15550001111", "gone", canary: .init(agent: "lost", share: 1))
        let directory = AgentDirectory(agents: [Agent(id: "default")], numbers: [entry], upstreams: [.openAI])
        #expect(directory.answer(to: "+15550001111", call: "CA1") == .nobody(.agent("gone")))
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
