import CallCore
import CallStore
import JSONWire
import Testing
import Wording

@Suite("Stores of agents and numbers")
struct RosterStoreTests {
    private static func withRoster(_ kind: StoreKind, _ body: (any RosterKeeping) async throws -> Void) async throws {
        switch kind {
        case .memory: try await body(MemoryRosterStore())
        case .sqliteInMemory: try await withSQLite(.memory) { try await body(SQLiteRosterStore(in: $0)) }
        case .sqlite:
            try await withFolder { folder in
                try await withSQLite(.file("\(folder)/calls.db")) { try await body(SQLiteRosterStore(in: $0)) }
            }
        }
    }

    private static let number = NumberEntry(
        number: PhoneNumber("+15550001111"), agent: "b", canary: .init(agent: "a", share: 0.25), label: "Desk")

    private static var agent: Agent {
        var agent = Agent(id: "b")
        agent.instructions = "Be kind."
        agent.transferTo = [PhoneNumber("+15550003333")]
        return agent
    }

    @Test("What was changed is read again as it is, in the order in which it came", arguments: StoreKind.allCases)
    func kept(kind: StoreKind) async throws {
        try await Self.withRoster(kind) { store in
            let changes: [RosterChange] = [
                .addAgent(Self.agent), .addAgent(Agent(id: "a")), .addNumber(Self.number),
                .patchAgent("b", JSONObject([.init(name: "voice", value: .string("cedar"))])),
            ]
            for change in changes { _ = try await store.change(change).get() }
            let roster = try await store.roster()
            var expected = Self.agent
            expected.voice = "cedar"
            #expect(roster.agents == [expected, Agent(id: "a")] && roster.numbers == [Self.number])
            #expect(try await store.rosterRevision() == 4 && roster.revision == 4)
            _ = try await store.change(.removeNumber("+15550001111")).get()
            _ = try await store.change(.removeAgent("b")).get()
            #expect(try await store.roster().agents == [Agent(id: "a")])
        }
    }

    @Test("What is refused changes nothing", arguments: StoreKind.allCases)
    func refused(kind: StoreKind) async throws {
        try await Self.withRoster(kind) { store in
            _ = try await store.change(.addAgent(Self.agent)).get()
            let twin = try await store.change(.addAgent(Agent(id: "b")))
            #expect(twin == .failure(.agentTaken("b")))
            #expect(try await store.roster().agents == [Self.agent])
            #expect(try await store.rosterRevision() == 1)
        }
    }

    @Test("Of many changes at once none is lost", arguments: StoreKind.allCases)
    func together(kind: StoreKind) async throws {
        try await Self.withRoster(kind) { store in
            await withTaskGroup { group in
                for number in 0..<40 {
                    group.addTask { _ = try? await store.change(.addAgent(Agent(id: "a\(number)"))) }
                }
            }
            let roster = try await store.roster()
            #expect(Set(roster.agents.map(\.id)).count == 40 && roster.revision == 40)
        }
    }

    @Test("Another process of the same database sees it, and a start finds what the one before planted")
    func shared() async throws {
        try await withFolder { folder in
            let place = SQLiteCallStore.Place.file("\(folder)/calls.db")
            let seeds = Roster.Seeds(agents: [Self.agent, Agent(id: "a")], numbers: [Self.number])
            try await withSQLite(place) { first in
                try await SQLiteRosterStore(in: first).plant(seeds)
                try await withSQLite(place) { second in
                    let other = SQLiteRosterStore(in: second)
                    #expect(try await other.roster().numbers == [Self.number])
                    _ = try await other.change(.removeNumber("+15550001111")).get()
                }
                #expect(try await SQLiteRosterStore(in: first).rosterRevision() == 2)
            }
            try await withSQLite(place) { third in
                let store = SQLiteRosterStore(in: third)
                try await store.plant(seeds)
                #expect(try await store.roster().numbers.isEmpty, "it was deleted, and the settings say what they said")
            }
        }
    }
}
