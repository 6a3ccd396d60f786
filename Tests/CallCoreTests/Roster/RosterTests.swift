import CallCore
import JSONWire
import Testing
import Wording

@Suite("Roster")
struct RosterTests {
    private static func object(_ text: String) throws -> JSONObject {
        try JSONObject(parsing: Array(text.utf8).span)
    }

    private static func number(_ text: String, _ agent: String?) -> NumberEntry {
        NumberEntry(number: PhoneNumber(text), agent: agent)
    }

    private static func roster(_ agents: [String], _ numbers: [NumberEntry] = []) -> Roster {
        Roster(agents: agents.map { Agent(id: $0) }, numbers: numbers)
    }

    private static func after(_ changes: RosterChange..., of roster: Roster) throws(RosterRefusal) -> Roster {
        try roster.edited { (roster) throws(RosterRefusal) in for change in changes { try roster.apply(change) } }
    }

    @Test("A change has a revision of its own, and what changes nothing has none")
    func revisions() throws {
        let first = try Self.after(.addAgent(Agent(id: "a")), of: Roster())
        #expect(first.revision == 1)
        #expect(try Self.after(.replaceAgent(Agent(id: "a")), of: first).revision == 1)
        #expect(try Self.after(.removeAgent("a"), of: first).revision == 2)
    }

    @Test("Twins are refused, and so is a change of what is not there")
    func twins() throws {
        let roster = Self.roster(["a"], [Self.number("+15550001111", "a")])
        let cases: [(RosterChange, RosterRefusal)] = [
            (.addAgent(Agent(id: "a")), .agentTaken("a")), (.replaceAgent(Agent(id: "b")), .noAgent("b")),
            (.patchAgent("b", JSONObject()), .noAgent("b")), (.removeAgent("b"), .noAgent("b")),
            (.addNumber(Self.number("+15550001111", nil)), .numberTaken("+15550001111")),
            (.replaceNumber(Self.number("+15550002222", nil)), .noNumber("+15550002222")),
            (.patchNumber("+15550002222", JSONObject()), .noNumber("+15550002222")),
            (.removeNumber("+15550002222"), .noNumber("+15550002222")),
        ]
        for (change, refusal) in cases {
            #expect(throws: refusal) { try Self.after(change, of: roster) }
        }
    }

    @Test("What a number or a fallback names has to be there")
    func unknownAgents() throws {
        var canary = Self.number("+15550001111", "a")
        canary.canary = .init(agent: "new", share: 0.1)
        var fallback = Agent(id: "b")
        fallback.fallback.agent = "gone"
        let roster = Self.roster(["a"])
        #expect(throws: RosterRefusal.unknownAgent("x", field: "agent")) {
            try Self.after(.addNumber(Self.number("+15550001111", "x")), of: roster)
        }
        #expect(throws: RosterRefusal.unknownAgent("new", field: "canary.agent")) {
            try Self.after(.addNumber(canary), of: roster)
        }
        #expect(throws: RosterRefusal.unknownAgent("gone", field: "fallback.agent")) {
            try Self.after(.addAgent(fallback), of: roster)
        }
    }

    @Test("An agent stays as long as a number, a canary or another's fallback names it")
    func inUse() throws {
        var canary = Self.number("+15550002222", nil)
        canary.canary = .init(agent: "a", share: 0)
        var leaning = Agent(id: "b")
        leaning.fallback.agent = "a"
        var own = Agent(id: "a")
        own.fallback.agent = "a"
        let roster = Roster(agents: [own, leaning], numbers: [Self.number("+15550001111", "a"), canary])
        #expect(throws: RosterRefusal.agentInUse("a", by: ["+15550001111", "+15550002222", "b"])) {
            try Self.after(.removeAgent("a"), of: roster)
        }
        let free = try Self.after(
            .removeNumber("+15550001111"), .removeNumber("+15550002222"), .removeAgent("b"), .removeAgent("a"),
            of: roster)
        #expect(free.agents.isEmpty && free.numbers.isEmpty)
    }

    @Test("A patch changes what it names, takes away what it names null, and leaves the rest and the order")
    func patch() throws {
        var agent = Agent(id: "a")
        agent.voice = "cedar"
        agent.fallback.say = "Sorry"
        agent.variables = try Self.object(#"{"x":1,"y":2}"#)
        let roster = Roster(agents: [agent, Agent(id: "b")], numbers: [])
        let patch = #"""
            {"voice":null,"language":"de","variables":{"x":null,"z":3},"fallback":{"transfer_to":"+15550003333"}}
            """#
        let changed = try Self.after(.patchAgent("a", try Self.object(patch)), of: roster)
        let result = try #require(changed.agent("a"))
        #expect(result.voice == nil && result.language == "de" && result.fallback.say == "Sorry")
        #expect(result.fallback.transferTo?.unmasked == "+15550003333")
        #expect(result.variables == (try Self.object(#"{"y":2,"z":3}"#)))
        #expect(changed.agents.map(\.id) == ["a", "b"])
    }

    @Test(
        "What somebody sends is refused by the member that is wrong",
        arguments: [
            (#"{}"#, "id"), (#"{"id":"a b"}"#, "id"), (#"{"id":"a","first_mesage":"x"}"#, "first_mesage"),
            (#"{"id":"a","upstream":"other"}"#, "upstream"), (#"{"id":"a","limits":{"calls":-1}}"#, "limits.calls"),
            (#"{"id":"a","limits":{"call":1}}"#, "limits.call"),
            (#"{"id":"a","tools":[{"name":"t"}]}"#, "tools[0].url"),
            (#"{"id":"a","tools":[{"name":"t","url":"https://x.org","retries":1}]}"#, "tools[0].retries"),
            (#"{"id":"a","voice":3}"#, "voice"),
        ])
    func fields(text: String, field: String) throws {
        let json = try Self.object(text)
        let refusal = #expect(throws: RosterRefusal.self) { try Agent(checking: json) }
        #expect(refusal?.field == field)
    }

    @Test("An agent's id and a number are for good")
    func renamed() throws {
        let other = try Self.object(#"{"id":"b"}"#)
        #expect(throws: RosterRefusal.renamed("id")) { try Agent(checking: other, keeping: "a") }
        #expect(throws: RosterRefusal.renamed("id")) {
            try Self.after(.patchAgent("a", other), of: Self.roster(["a"]))
        }
        #expect(try Agent(checking: JSONObject(), keeping: "a") == Agent(id: "a"))
        let number = try Self.object(#"{"number":"+15550009999"}"#)
        #expect(throws: RosterRefusal.renamed("number")) {
            try NumberEntry(checking: number, keeping: "+15550001111")
        }
    }
}

@Suite("What the settings name at a start")
struct RosterSeedsTests {
    private static func agent(_ id: String, _ voice: String? = nil) -> Agent {
        var agent = Agent(id: id)
        agent.voice = voice
        return agent
    }

    private static func started(
        with agents: [Agent], _ numbers: [NumberEntry] = [], from roster: Roster = Roster()
    ) throws -> Roster {
        try roster.edited { $0.plant(Roster.Seeds(agents: agents, numbers: numbers)) }
    }

    private static func changed(_ roster: Roster, _ change: RosterChange) throws -> Roster {
        try roster.edited { (roster) throws(RosterRefusal) in try roster.apply(change) }
    }

    @Test("With nothing named and nothing there, one agent answers; it is deleted like any other")
    func nothing() throws {
        let first = try Self.started(with: [])
        #expect(first.agents == [Agent(id: "default")])
        let without = try Self.changed(first, .removeAgent("default"))
        #expect(try Self.started(with: [], from: without).agents.isEmpty)
        #expect(try Self.started(with: [], from: first) == first)
    }

    @Test("It makes room for the agents that are named later")
    func defaultGoes() throws {
        let first = try Self.started(with: [])
        #expect(try Self.started(with: [Self.agent("sales")], from: first).agents.map(\.id) == ["sales"])
    }

    @Test("What the API changed or deleted stays so while the file says what it said")
    func apiWins() throws {
        let first = try Self.started(with: [Self.agent("a"), Self.agent("b")])
        var edited = try Self.changed(first, .replaceAgent(Self.agent("a", "cedar")))
        edited = try Self.changed(edited, .removeAgent("b"))
        #expect(try Self.started(with: [Self.agent("a"), Self.agent("b")], from: edited) == edited)
    }

    @Test("What the file says newly counts, whatever the API made of it")
    func fileWins() throws {
        let first = try Self.started(with: [Self.agent("a")])
        let edited = try Self.changed(first, .replaceAgent(Self.agent("a", "cedar")))
        let second = try Self.started(with: [Self.agent("a", "marin"), Self.agent("b")], from: edited)
        #expect(second.agents == [Self.agent("a", "marin"), Self.agent("b")])
    }

    @Test("What the file names no more goes, unless the API changed it, something names it, or the file names nothing")
    func leaving() throws {
        let number = NumberEntry(number: PhoneNumber("+15550001111"), agent: "c")
        let all = [Self.agent("a"), Self.agent("b"), Self.agent("c")]
        var roster = try Self.changed(try Self.started(with: all), .replaceAgent(Self.agent("b", "cedar")))
        roster = try Self.changed(roster, .addNumber(number))
        #expect(try Self.started(with: [Self.agent("d")], from: roster).agents.map(\.id) == ["b", "c", "d"])
        #expect(try Self.started(with: [], from: roster) == roster)
    }

    @Test("A number that the file names no more frees its agent in the same start")
    func numbersFirst() throws {
        let old = NumberEntry(number: PhoneNumber("+15550001111"), agent: "a")
        let new = NumberEntry(number: PhoneNumber("+15550002222"), agent: "b")
        let first = try Self.started(with: [Self.agent("a")], [old])
        let second = try Self.started(with: [Self.agent("b")], [new], from: first)
        #expect(second.agents.map(\.id) == ["b"] && second.numbers == [new])
    }
}
