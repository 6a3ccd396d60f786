import CallCore
import JSONWire
import Testing
import Timeline
import Wording

@Suite("What may be dialled")
struct DialRulesTests {
    private static let now = UTCTime(rfc3339: "2026-01-15T10:30:00Z")!

    @Test(
        "A number is E.164 or it is none",
        arguments: [
            ("+15550001111", true), ("+4930123456", true), ("+12345678", true), ("+123456789012345", true),
            ("15550001111", false), ("+1234567", false), ("+1234567890123456", false), ("+05550001111", false),
            ("+1555000111a", false), ("+1 5550001111", false), ("+1555٠001111", false), ("", false), ("+", false),
            ("client:bob", false), ("+15550001111\n", false),
        ])
    func numbers(text: String, isNumber: Bool) {
        #expect(PhoneNumber(text).isE164 == isNumber)
    }

    @Test(
        "Only the prefixes that are allowed may be called, and without any none",
        arguments: [
            (["+1"], nil), (["+44", "+1555"], nil), (["+44"], .prefix), ([], .prefix),
        ] as [([String], DialRules.NumberRefusal?)])
    func prefixes(prefixes: [String], refusal: DialRules.NumberRefusal?) {
        var rules = DialRules()
        rules.prefixes = prefixes
        #expect(rules.refusal(of: PhoneNumber("+15550001111")) == refusal)
    }

    @Test(
        "As many may wait as can be dialled before they expire",
        arguments: [(1, 900, 900), (10, 900, 9_000), (100, 900, 10_000), (0, 900, 10_000), (1, 0, 10_000), (1, 1, 1)])
    func capacity(perSecond: Int, expires: Int, capacity: Int) {
        var rules = DialRules()
        rules.callsPerSecond = perSecond
        rules.expires = .seconds(expires)
        #expect(rules.capacity == capacity)
    }

    @Test(
        "The carrier's limit is the shorter one of ours and the agent's; zero is no limit",
        arguments: [(14_400, nil, 14_400), (14_400, 60, 60), (30, 60, 30), (0, 60, 60), (0, nil, 86_400), (60, 0, 60)])
    func limits(longest: Int, own: Int?, limit: Int) {
        var rules = DialRules()
        rules.longestCall = .seconds(longest)
        #expect(rules.limitSeconds(own: own.map { .seconds($0) }) == limit)
    }

    // MARK: requests

    private static func read(_ text: String, numbers: [NumberEntry] = []) throws -> DialRequest {
        var agents = [Agent(id: "default"), Agent(id: "sales")]
        agents[0].limits.maxCall = .seconds(60)
        let directory = AgentDirectory(agents: agents, numbers: numbers, upstreams: [.openAI])
        return try DialRequest(
            JSONObject(parsing: Array(text.utf8).span), rules: DialRules(), agents: directory, at: now)
    }

    private static let listed = [
        NumberEntry(number: PhoneNumber("+15550002222"), agent: "default"),
        NumberEntry(number: PhoneNumber("+15550003333"), agent: "sales"),
    ]

    @Test(
        "What is wrong is told with the member that is",
        arguments: [
            ("{}", "to", "json.missing"), (#"{"to":5}"#, "to", "json.wrong_type"),
            (#"{"to":"5550001111"}"#, "to", "call.number_malformed"),
            (#"{"to":"+445550001111"}"#, "to", "call.number_not_allowed"),
            (#"{"to":"+15550001111","from":"me"}"#, "from", "call.number_malformed"),
            (#"{"to":"+15550001111","agent":"nobody"}"#, "agent", "call.no_agent"),
            (#"{"to":"+15550001111","variables":[]}"#, "variables", "json.wrong_type"),
            (#"{"to":"+15550001111","metadata":1}"#, "metadata", "json.wrong_type"),
            (#"{"to":"+15550001111","schedule_at":"noon"}"#, "schedule_at", "call.schedule_malformed"),
            (#"{"to":"+15550001111","schedule_at":"2026-01-15T10:15:00Z"}"#, "schedule_at", "call.schedule_over"),
            (#"{"to":"+15550001111","shedule_at":"2026-01-16T10:15:00Z"}"#, "shedule_at", "call.unknown_member"),
            (#"{"to":"+15550001111","machine_detection":"yes"}"#, "machine_detection", "json.invalid_value"),
        ])
    func wrong(text: String, field: String, code: String) throws {
        let problem = #expect(throws: DialRequest.Problem.self) { try Self.read(text, numbers: Self.listed) }
        #expect(problem?.field == field)
        #expect(problem?.code == code)
    }

    @Test("A call without a number to come from has none if none is listed")
    func noCaller() throws {
        let problem = #expect(throws: DialRequest.Problem.self) { try Self.read(#"{"to":"+15550001111"}"#) }
        #expect(problem?.field == "from" && problem?.code == "call.no_caller_id")
    }

    @Test(
        "A call comes from its agent's number, and its agent is the one of its number",
        arguments: [
            (#"{"to":"+15550001111"}"#, "+15550002222", "default"),
            (#"{"to":"+15550001111","agent":"sales"}"#, "+15550003333", "sales"),
            (#"{"to":"+15550001111","from":"+15550003333"}"#, "+15550003333", "sales"),
            (#"{"to":"+15550001111","from":"+15559999999","agent":"sales"}"#, "+15559999999", "sales"),
        ])
    func parties(text: String, from: String, agent: String) throws {
        let request = try Self.read(text, numbers: Self.listed)
        #expect(request.from.unmasked == from && request.agent.id == agent)
    }

    @Test("A time that is only just over is now")
    func justOver() throws {
        let text = #"{"to":"+15550001111","schedule_at":"2026-01-15T10:15:00.001Z","machine_detection":"off"}"#
        let request = try Self.read(text, numbers: Self.listed)
        #expect(request.scheduledAt?.description == "2026-01-15T10:15:00.001Z")
        #expect(request.detection == nil)
    }

    // MARK: keys

    @Test(
        "A key gives the first answer, the call's, or none while the first request runs",
        arguments: [
            ("a", "done", 0, .replay("done")), ("a", nil, 0, .running(retryAfter: .seconds(1))),
            ("a", nil, 9_999, .running(retryAfter: .seconds(1))), ("a", nil, 10_000, .answerOf(Self.call)),
            ("a", nil, -1, .answerOf(Self.call)), ("b", "done", 0, .otherBody), ("b", nil, 0, .otherBody),
        ] as [(String, String?, Int64, IdempotencyRules.Verdict)])
    func keys(digest: String, answer: String?, age: Int64, verdict: IdempotencyRules.Verdict) {
        let kept = KeptKey(digest: "a", call: Self.call, answer: answer, at: Self.now)
        let later = UTCTime(millisecondsSince1970: Self.now.millisecondsSince1970 + age)
        #expect(IdempotencyRules.verdict(on: kept, digest: digest, at: later) == verdict)
    }

    private static let call = CallID(at: now, random: (1, 2))

    @Test("A key lives for a day", arguments: [(86_399_999, false), (86_400_000, true)])
    func lifetime(age: Int64, isExpired: Bool) {
        let later = UTCTime(millisecondsSince1970: Self.now.millisecondsSince1970 + age)
        #expect(IdempotencyRules.isExpired(Self.now, at: later) == isExpired)
    }

    @Test(
        "A key is printed ASCII of one to 255 characters",
        arguments: [("a", true), (String(repeating: "k", count: 255), true), ("", false), ("ä", false), ("a\n", false)])
    func keyForms(text: String, isKey: Bool) {
        #expect((IdempotencyKey(text, digest: "d") != nil) == isKey)
        #expect(IdempotencyKey(String(repeating: "k", count: 256), digest: "d") == nil)
    }

    // MARK: pace

    @Test("A slot is taken, or free later; one that a clock has put too far ahead is passed over")
    func pace() {
        var rules = DialRules()
        rules.callsPerSecond = 3
        func take(_ free: Int64?) -> DialPace.Slot {
            let at = free.map { UTCTime(millisecondsSince1970: Self.now.millisecondsSince1970 + $0) }
            return DialPace(rules, freeAt: at).take(at: Self.now)
        }
        let next = UTCTime(millisecondsSince1970: Self.now.millisecondsSince1970 + 334)
        #expect(take(nil) == .taken(next: next))
        #expect(take(0) == .taken(next: next))
        #expect(take(334) == .wait(until: next))
        let overtaken = UTCTime(millisecondsSince1970: Self.now.millisecondsSince1970 + 10_334)
        #expect(take(10_334) == .wait(until: overtaken), "another node that asked later was given the slot before")
        #expect(take(10_335) == .taken(next: next), "a clock was set back")
        rules.callsPerSecond = 0
        #expect(take(nil) == .taken(next: Self.now))
    }

    @Test("An order is read as it was kept")
    func orders() throws {
        let order = DialOrder(
            call: Self.call, from: PhoneNumber("+15550002222"), to: PhoneNumber("+15550001111"),
            base: "https://pb.example.com/x", due: Self.now, expires: nil, limitSeconds: 60, detection: .afterGreeting)
        #expect(try DialOrder(json: order.json) == order)
        #expect(!order.isExpired(at: .init(millisecondsSince1970: .max)))
    }
}
