import Addresses
import CallCore
import HTTPLoop
import HTTPWire
import JSONWire
import Testing
import Timeline
import Wording

@testable import FrontDoor

@Suite("Calls in the API", .timeLimit(.minutes(1)))
struct CallRoutesTests {
    private static func json(_ response: HTTPClientResponse) throws -> JSONObject {
        #expect(response.headers["Content-Type"] == "application/json")
        return try JSONObject(parsing: response.body.span)
    }

    @Test("A call is shown under our id and the carrier's")
    func shown() async throws {
        try await withHouse { house in
            _ = try await house.ring()
            let record = try #require(try await house.record())
            for id in ["CA1", record.id.description] {
                let answer = try await house.door.ask("GET", "/v1/calls/\(id)")
                #expect(answer.status == 200)
                #expect(try Self.json(answer) == record.json)
            }
            let missing = try await house.door.ask("GET", "/v1/calls/CA2")
            #expect(missing.status == 404 && missing.text.contains("call.not_found"))
        }
    }

    @Test("Events and transcript are lists")
    func lists() async throws {
        try await withHouse { house in
            _ = try await house.ring()
            let id = try #require(try await house.record()?.id)
            let turn = TranscriptTurn(speaker: .agent, text: "Hi", startMilliseconds: 1, endMilliseconds: 2)
            _ = try await house.store.keep(CallFacts(of: .id(id), by: "test", [.turn(turn)]))
            let events = try Self.json(try await house.door.ask("GET", "/v1/calls/CA1/events"))
            guard case .object(let event)? = try events.array("items").first else {
                Issue.record("no event")
                return
            }
            #expect(event["type"] == .string("call.created") && events["next_cursor"] == .null)
            let turns = try Self.json(try await house.door.ask("GET", "/v1/calls/CA1/transcript"))
            #expect(try turns.array("items") == [.object(turn.json)])
            for path in ["events", "transcript"] {
                #expect(try await house.door.ask("GET", "/v1/calls/CA2/\(path)").status == 404)
            }
        }
    }

    @Test("Calls are listed newest first, in pages that a cursor joins")
    func pages() async throws {
        try await withHouse { house in
            for number in 1...3 {
                let record = CallRecord(
                    id: CallID(at: UTCTime(millisecondsSince1970: Int64(number)), random: (0, 0)),
                    providerCallID: "CA\(number)", direction: .inbound, status: .ringing,
                    createdAt: UTCTime(millisecondsSince1970: Int64(number)))
                _ = try await house.store.keep(CallFacts(opening: record, by: "test"))
            }
            func page(_ query: String) async throws -> ([String], String?) {
                let object = try Self.json(try await house.door.ask("GET", "/v1/calls\(query)"))
                let names = try object.array("items").map { item in
                    guard case .object(let call) = item else { return "?" }
                    return try call.string("provider_call_id")
                }
                return (names, try object.optionalString("next_cursor"))
            }
            let (first, cursor) = try await page("?limit=2")
            #expect(first == ["CA3", "CA2"])
            let (second, end) = try await page("?limit=2&cursor=\(try #require(cursor))")
            #expect(second == ["CA1"] && end == nil)
            #expect(try await page("?status=completed").0 == [])
        }
    }

    @Test(
        "A query that cannot be is a problem that names the field",
        arguments: [
            ("status=odd", "status"), ("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit"),
            ("cursor=abc", "cursor"), ("since=yesterday", "since"),
        ])
    func wrongQuery(query: String, field: String) async throws {
        try await withHouse { house in
            let answer = try await house.door.ask("GET", "/v1/calls?\(query)")
            #expect(answer.status == 400 && answer.text.contains(#""field":"\#(field)""#))
        }
    }

    @Test("A hang-up goes to whoever runs the call; one that is over is a conflict")
    func hangUp() async throws {
        try await withHouse { house in
            _ = try await house.ring()
            let id = try #require(try await house.record()?.id)
            #expect(try await house.door.ask("POST", "/v1/calls/CA1/hangup").status == 200)
            #expect(house.host.now.hungUp == [id])
            house.host.set { $0.commandError = .carrier(.unavailable("x", mayHaveActed: false)) }
            #expect(try await house.door.ask("POST", "/v1/calls/CA1/hangup").status == 502)
            let end = CallChange(at: UTCTime(millisecondsSince1970: 0), .finish(.silence))
            _ = try await house.store.keep(CallFacts(of: .id(id), by: "test", [.change(end)]))
            let late = try await house.door.ask("POST", "/v1/calls/CA1/hangup")
            #expect(late.status == 409 && late.text.contains("call.over"))
            #expect(try await house.door.ask("POST", "/v1/calls/CA2/hangup").status == 404)
        }
    }

    @Test("Without the right token nothing is shown, and a token that reads does not hang up")
    func guarded() async throws {
        var plan = HouseFixture.Plan()
        plan.tokens = [.init(Secret("reader"), isReadOnly: true)]
        try await withHouse(plan) { house in
            for path in ["/v1/calls", "/v1/calls/CA1", "/v1/calls/CA1/events", "/v1/calls/CA1/transcript"] {
                let refused = try await house.door.ask("GET", path)
                #expect(refused.status == 401 && refused.headers["WWW-Authenticate"] != nil)
            }
            let reader: Headers = ["Authorization": "Bearer reader"]
            #expect(try await house.door.ask("GET", "/v1/calls", headers: reader).status == 200)
            #expect(try await house.door.ask("POST", "/v1/calls/CA1/hangup", headers: reader).status == 403)
            #expect(house.rejected("token") == 5)
        }
    }

    @Test("A source that asks too often is told when to come back; the carrier's paths are not slowed down by it")
    func rate() async throws {
        var plan = HouseFixture.Plan()
        plan.requestsPerSecond = 1
        try await withHouse(plan) { house in
            #expect(try await house.door.ask("GET", "/v1/calls").status == 200)
            let refused = try await house.door.ask("GET", "/v1/calls")
            #expect(refused.status == 429 && refused.headers["Retry-After"] == "1")
            for number in 1...5 { #expect(try await house.ring("CA\(number)").status == 200) }
        }
    }

    @Test("A store that fails is a 503, to be tried again")
    func brokenStore() async throws {
        var plan = HouseFixture.Plan()
        plan.store = BrokenStore()
        try await withHouse(plan) { house in
            for path in ["/v1/calls", "/v1/calls/CA1", "/v1/calls/CA1/events"] {
                let answer = try await house.door.ask("GET", path)
                #expect(answer.status == 503 && answer.headers["Retry-After"] != nil)
            }
        }
    }
}
