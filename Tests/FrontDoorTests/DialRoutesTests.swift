import CallCore
import CallStore
import HTTPLoop
import HTTPWire
import JSONWire
import Synchronization
import Testing
import Timeline
import Wording

@testable import FrontDoor

@Suite("Calls that are ordered by the API", .timeLimit(.minutes(1)))
struct DialRoutesTests {
    /// A clock that a test moves.
    private final class Clock: Sendable {
        private let milliseconds = Mutex<Int64>(1_768_473_000_000)

        var now: UTCTime { UTCTime(millisecondsSince1970: milliseconds.withLock { $0 }) }
        func pass(seconds: Int64) { milliseconds.withLock { $0 += seconds * 1_000 } }
    }

    private let clock = Clock()

    private var plan: HouseFixture.Plan {
        var plan = HouseFixture.Plan()
        plan.agents = [Agent(id: "default"), Agent(id: "sales")]
        plan.numbers = [NumberEntry(number: PhoneNumber("+15550002222"), agent: "sales")]
        plan.utc = { [clock] in clock.now }
        return plan
    }

    private static func order(
        _ house: HouseFixture, _ body: String = #"{"to": "+15550001111"}"#, key: String? = nil
    ) async throws -> HTTPClientResponse {
        try await house.door.ask("POST", "/v1/calls", headers: key.map { ["Idempotency-Key": $0] } ?? [:], body: body)
    }

    private static func json(_ response: HTTPClientResponse) throws -> JSONObject {
        try JSONObject(parsing: response.body.span)
    }

    private static func queue(_ house: HouseFixture) async throws -> DialQueue {
        try await #require(house.store as? MemoryCallStore).dialQueue()
    }

    @Test("An order is on record and in the queue when it is answered, and whoever dials is woken")
    func ordered() async throws {
        try await withHouse(plan) { house in
            let answer = try await Self.order(
                house, #"{"to": "+15550001111", "metadata": {"a": 1}, "variables": {"name": "Ann"}}"#)
            #expect(answer.status == 201)
            let json = try Self.json(answer)
            let id = try #require(CallID(try json.string("id")))
            #expect(answer.headers["Location"] == "/v1/calls/\(id)")
            let record = try #require(try await house.store.record(of: .id(id)))
            #expect(record.json == json)
            #expect(record.status == .queued && record.direction == .outbound && record.providerCallID == nil)
            // The first number is whom it comes from; without an agent it is the default's.
            #expect(record.from?.unmasked == "+15550002222" && record.agent == "default")
            let queue = try await Self.queue(house)
            #expect(queue.waiting == 1 && queue.first == DialQueue.First(call: id, due: clock.now))
            #expect(house.host.now.woken == 1)
        }
    }

    @Test("A call that comes from a number is that number's agent's, and an agent's comes from its own number")
    func parties() async throws {
        try await withHouse(plan) { house in
            let from = try Self.json(
                try await Self.order(house, #"{"to": "+15550001111", "from": "+15550002222"}"#))
            #expect(try from.string("agent") == "sales")
            let agent = try Self.json(try await Self.order(house, #"{"to": "+15550001111", "agent": "sales"}"#))
            #expect(try agent.string("from") == "+15550002222")
        }
    }

    @Test("A call for later waits for its time")
    func scheduled() async throws {
        try await withHouse(plan) { house in
            let later = UTCTime(millisecondsSince1970: clock.now.millisecondsSince1970 + 60_000)
            let answer = try await Self.order(house, #"{"to": "+15550001111", "schedule_at": "\#(later)"}"#)
            #expect(answer.status == 201)
            #expect(try Self.json(answer).string("schedule_at") == later.description)
            #expect(try await Self.queue(house).first?.due == later)
        }
    }

    @Test(
        "What cannot be dialled names the member that is wrong, and nothing is ordered",
        arguments: [
            ("{", 400, "json.malformed", nil), ("[]", 422, "json.wrong_type", nil), ("{}", 422, "json.missing", "to"),
            (#"{"to": 5}"#, 422, "json.wrong_type", "to"),
            (#"{"to": "5550001111"}"#, 422, "call.number_malformed", "to"),
            (#"{"to": "+445550001111"}"#, 422, "call.number_not_allowed", "to"),
            (#"{"to": "+15550001111", "from": "me"}"#, 422, "call.number_malformed", "from"),
            (#"{"to": "+15550001111", "agent": "x"}"#, 422, "call.no_agent", "agent"),
            (#"{"to": "+15550001111", "shedule_at": "x"}"#, 422, "call.unknown_member", "shedule_at"),
            (#"{"to": "+15550001111", "schedule_at": "noon"}"#, 422, "call.schedule_malformed", "schedule_at"),
            (
                #"{"to": "+15550001111", "schedule_at": "2020-01-01T00:00:00Z"}"#, 422, "call.schedule_over",
                "schedule_at"
            ),
        ] as [(String, Int, String, String?)])
    func wrong(body: String, status: Int, code: String, field: String?) async throws {
        try await withHouse(plan) { house in
            let answer = try await Self.order(house, body, key: "k")
            #expect(answer.status == status)
            #expect(answer.headers["Content-Type"] == "application/problem+json")
            let problem = try Self.json(answer)
            #expect(try problem.string("code") == code)
            #expect(try problem.optionalString("field") == field)
            #expect(try await Self.queue(house) == DialQueue() && house.host.now.woken == 0)
            // The key is as good as new.
            #expect(try await Self.order(house, key: "k").status == 201)
        }
    }

    @Test("The same key and body get the first answer again, however the body is written, and order one call")
    func replayed() async throws {
        try await withHouse(plan) { house in
            let first = try await Self.order(house, #"{"to": "+15550001111", "metadata": {"a": 1}}"#, key: "k")
            let again = try await Self.order(house, #"{"metadata":{"a":1},"to":"+15550001111"}"#, key: "k")
            #expect(first.status == 201 && again.status == 201)
            #expect(first.headers["Idempotent-Replayed"] == nil && again.headers["Idempotent-Replayed"] == "true")
            #expect(first.body == again.body && first.headers["Location"] == again.headers["Location"])
            #expect(try await Self.queue(house).waiting == 1)
            let other = try await Self.order(house, #"{"to": "+15550001112"}"#, key: "k")
            #expect(other.status == 409 && other.text.contains("idempotency.other_body"))
            #expect(try await Self.order(house, #"{"to": "+15550001112"}"#, key: "k2").status == 201)
            clock.pass(seconds: 86_400)
            #expect(try await Self.order(house, #"{"to": "+15550001112"}"#, key: "k").status == 201)
        }
    }

    @Test("A twin of a request that is not answered yet is told to come again; later it gets what became of the call")
    func running() async throws {
        try await withHouse(plan) { house in
            // A request whose process was killed before it could answer.
            let store = try #require(house.store as? MemoryCallStore)
            let (order, record) = Self.orphan(at: clock.now)
            let digest = DialRoutes.digest(of: try JSONObject(parsing: Array(#"{"to": "+15550001111"}"#.utf8).span))
            _ = try await store.order(
                order, opening: record, under: IdempotencyKey("k", digest: digest), within: DialRules(), at: clock.now)
            let twin = try await Self.order(house, key: "k")
            #expect(
                twin.status == 409 && twin.text.contains("idempotency.running") && twin.headers["Retry-After"] == "1")
            clock.pass(seconds: 10)
            let late = try await Self.order(house, key: "k")
            #expect(late.status == 201 && late.headers["Idempotent-Replayed"] == "true")
            #expect(try Self.json(late).string("id") == order.call.description)
            #expect(try await Self.queue(house).waiting == 1)
        }
    }

    private static func orphan(at now: UTCTime) -> (DialOrder, CallRecord) {
        let id = CallID(at: now, random: (0, 1))
        let (from, to) = (PhoneNumber("+15550002222"), PhoneNumber("+15550001111"))
        let order = DialOrder(
            call: id, from: from, to: to, base: "https://x", due: now, expires: nil, limitSeconds: 60)
        let record = CallRecord(
            id: id, providerCallID: nil, direction: .outbound, status: .queued, from: from, to: to, createdAt: now)
        return (order, record)
    }

    @Test("A key has 1 to 255 characters that are printed", arguments: ["", String(repeating: "k", count: 256)])
    func keys(key: String) async throws {
        try await withHouse(plan) { house in
            let answer = try await Self.order(house, key: key)
            #expect(answer.status == 400)
            #expect(try await Self.queue(house).waiting == 0)
        }
    }

    @Test("Without a carrier's credentials nothing can be dialled")
    func noCarrier() async throws {
        var plan = plan
        plan.hasCarrier = false
        try await withHouse(plan) { house in
            let answer = try await Self.order(house)
            #expect(answer.status == 409 && answer.text.contains("carrier.not_configured"))
        }
    }

    @Test("A node that is about to end takes no orders")
    func draining() async throws {
        try await withHouse(plan) { house in
            house.host.set { $0.admission = .draining }
            let answer = try await Self.order(house)
            #expect(
                answer.status == 503 && answer.text.contains("node.draining") && answer.headers["Retry-After"] == "1")
            #expect(house.rejected("draining") == 1)
            #expect(try await Self.queue(house).waiting == 0)
        }
    }

    @Test("More than can be dialled before they expire are refused")
    func full() async throws {
        var plan = plan
        plan.dialling.expires = .seconds(2)
        try await withHouse(plan) { house in
            for _ in 0..<2 { #expect(try await Self.order(house).status == 201) }
            let answer = try await Self.order(house)
            #expect(answer.status == 429 && answer.text.contains("dialling.full"))
            #expect(answer.headers["Retry-After"] == "10" && house.rejected("dial_queue") == 1)
        }
    }

    @Test("A day's minutes that are used up come back with the next day")
    func spent() async throws {
        var plan = plan
        plan.dialling.minutesPerDay = 1
        try await withHouse(plan) { house in
            let json = try Self.json(try await Self.order(house))
            let call = try #require(CallID(try json.string("id")))
            let answered = CallChange(at: clock.now, .advance(to: .inProgress))
            _ = try await house.store.keep(CallFacts(of: .id(call), by: "test", [.change(answered)]))
            clock.pass(seconds: 60)
            let answer = try await Self.order(house)
            #expect(answer.status == 429 && answer.text.contains("limits.dial_minutes_per_day"))
            let left = clock.now.startOfNextDay.millisecondsSince1970 - clock.now.millisecondsSince1970
            #expect(answer.headers["Retry-After"].flatMap { Int64($0) } == left / 1_000)
            #expect(house.rejected("dial_minutes") == 1)
        }
    }

    @Test("Without a token that may write nothing is ordered")
    func tokens() async throws {
        var plan = plan
        plan.tokens = [
            BearerTokens.Token(Secret("w"), isReadOnly: false), BearerTokens.Token(Secret("r"), isReadOnly: true),
        ]
        try await withHouse(plan) { house in
            for (token, status) in [("x", 401), ("r", 403), ("w", 201)] {
                let answer = try await house.door.ask(
                    "POST", "/v1/calls", headers: ["Authorization": "Bearer \(token)"], body: #"{"to": "+15550001111"}"#
                )
                #expect(answer.status == status)
            }
            #expect(try await Self.queue(house).waiting == 1)
        }
    }
}
