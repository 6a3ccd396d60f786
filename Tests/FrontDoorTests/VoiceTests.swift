import Addresses
import CallCore
import CallStore
import CarrierWire
import HTTPLoop
import HTTPWire
import Telemetry
import Testing
import Timeline
import Wording

@testable import FrontDoor

@Suite("Voice webhook", .timeLimit(.minutes(1)))
struct VoiceTests {
    private static func plan(_ change: (inout HouseFixture.Plan) throws -> Void = { _ in }) rethrows
        -> HouseFixture.Plan
    {
        var plan = HouseFixture.Plan()
        try change(&plan)
        return plan
    }

    private static func rejection(_ reason: String) -> String {
        #"<?xml version="1.0" encoding="UTF-8"?><Response><Reject reason="\#(reason)"></Reject></Response>"#
    }

    @Test("A call that rings gets its stream, with a token that lets it in once it starts")
    func rings() async throws {
        let plan = try Self.plan { plan in
            plan.address = PublicAddress(publicURL: try WebURL("https://voice.example.com"))
        }
        try await withHouse(plan) { house in
            let answer = try await house.ring()
            #expect(answer.status == 200 && answer.headers["Content-Type"] == "text/xml")
            let record = try #require(try await house.record())
            let expected = try #require(house.host.now.expected.first)
            let token = StreamToken(
                call: "CA1", agent: "default", expiry: expected.tokenExpiry, secret: HouseFixture.secret)
            let callbacks = "#rc=3&amp;rp=all&amp;rt=4000"
            #expect(
                answer.text == #"<?xml version="1.0" encoding="UTF-8"?><Response>"#
                    + #"<Connect action="https://voice.example.com/twilio/connect-ended\#(callbacks)" method="POST">"#
                    + #"<Stream url="wss://voice.example.com/twilio/media" name="\#(record.id)" "#
                    + #"statusCallback="https://voice.example.com/twilio/stream-status\#(callbacks)" "#
                    + #"statusCallbackMethod="POST"><Parameter name="token" value="\#(token.text)"></Parameter>"#
                    + #"<Parameter name="agent" value="default"></Parameter></Stream></Connect>"#
                    + "<Say>Sorry, we have a technical problem. Please call again later.</Say><Hangup></Hangup>"
                    + "</Response>")
            #expect(expected.record == record.id && expected.agent.id == "default")
            #expect(record.status == .ringing && record.direction == .inbound && record.node == "n1")
            #expect(record.from?.unmasked == "+15550001111" && record.upstream == .openAI)
            #expect(expected.tokenExpiry.millisecondsSince1970 - record.createdAt.millisecondsSince1970 == 60_000)
            #expect(try await house.kinds() == [.callCreated])
            #expect(house.webhooks("/twilio/voice", "taken") == 1)
        }
    }

    @Test("A call that is announced twice is one call, with two tokens")
    func twice() async throws {
        try await withHouse { house in
            let first = try await house.ring()
            let second = try await house.ring()
            #expect(first.text.contains("<Connect") && second.text.contains("<Connect"))
            #expect(Set(house.host.now.expected.map(\.record)).count == 1)
            #expect(try await house.kinds() == [.callCreated])
        }
    }

    @Test("A call whose status came first keeps that record, and gets its agent")
    func afterStatus() async throws {
        try await withHouse { (house) async throws in
            _ = try await house.post("/twilio/status", ["CallSid": "CA1", "CallStatus": "ringing"])
            _ = try await house.ring()
            let record = try #require(try await house.record())
            #expect(record.agent == "default" && record.to?.unmasked == "+15550002222")
            #expect(house.host.now.opened == [record.id], "its stream is waited for, whoever answers its webhook")
            #expect(house.host.now.expected.map(\.record) == [record.id])
            #expect(house.host.now.expected.first?.to == record.to)
        }
    }

    @Test("A call that is over gets no stream")
    func over() async throws {
        try await withHouse { (house) async throws in
            _ = try await house.post("/twilio/status", ["CallSid": "CA1", "CallStatus": "completed"])
            #expect(try await house.ring().text.contains("<Response><Hangup></Hangup></Response>"))
            #expect(house.host.now.expected.isEmpty)
        }
    }

    @Test("A number that nobody answers is rejected, and its call is on record")
    func nobody() async throws {
        let plan = Self.plan { plan in
            plan.agents = [Agent(id: "sales")]
            plan.numbers = [NumberEntry(number: PhoneNumber("+15550009999"), agent: "sales")]
        }
        try await withHouse(plan) { (house) async throws in
            #expect(try await house.ring().text == Self.rejection("rejected"))
            let record = try #require(try await house.record())
            #expect(record.status == .failed && record.endReason == .rejected)
            #expect(try await house.kinds() == [.callCreated, .callFinal])
            #expect(house.rejected("no_agent") == 1)
            #expect(house.door.errors.records.map(\.report.code) == ["call.no_agent"])
        }
    }

    @Test(
        "A full node gives what the agent has for it: a transfer, words, or busy",
        arguments: [
            (Agent.Fallback(say: "Later", transferTo: PhoneNumber("+15550003333")), "<Number>+15550003333</Number>"),
            (Agent.Fallback(say: "Later"), "<Response><Say>Later</Say><Hangup></Hangup></Response>"),
            (Agent.Fallback(), #"<Response><Reject reason="busy"></Reject></Response>"#),
        ])
    func full(fallback: Agent.Fallback, expected: String) async throws {
        var agent = Agent(id: "default")
        agent.fallback = fallback
        let plan = Self.plan { $0.agents = [agent] }
        try await withHouse(plan) { (house) async throws in
            house.host.set { $0.admission = .full }
            #expect(try await house.ring().text.contains(expected))
            #expect(try await house.record()?.endReason == .rejected)
            #expect(house.host.now.expected.isEmpty && house.rejected("full") == 1)
        }
    }

    @Test(
        "An agent that cannot be had now gives what it has for it, else the node does, else busy; the record says why",
        arguments: [
            (AgentReadiness.full(limit: 1), EndReason.rejected, "agent_full"),
            (.upstreamsResting, .upstreamUnavailable, "upstream"),
        ])
    func unready(readiness: AgentReadiness, end: EndReason, reason: String) async throws {
        var agent = Agent(id: "default")
        agent.fallback.say = "Later"
        let node = Agent.Fallback(say: "From the node")
        let cases: [(Agent, Agent.Fallback, String)] = [
            (agent, node, "<Say>Later</Say>"), (Agent(id: "default"), node, "<Say>From the node</Say>"),
            (Agent(id: "default"), Agent.Fallback(transferTo: PhoneNumber("+15550004444")), "+15550004444</Number>"),
            (Agent(id: "default"), Agent.Fallback(), #"<Reject reason="busy">"#),
        ]
        for (agent, node, expected) in cases {
            let plan = Self.plan { plan in
                plan.agents = [agent]
                plan.settings.fallback = node
            }
            try await withHouse(plan) { (house) async throws in
                house.host.set { $0.readiness = readiness }
                #expect(try await house.ring().text.contains(expected))
                #expect(try await house.record()?.endReason == end)
                #expect(house.host.now.expected.isEmpty && house.rejected(reason) == 1)
            }
        }
    }

    @Test("The call of an agent without any upstream goes its way")
    func noUpstream() async throws {
        try await withHouse { (house) async throws in
            house.host.set { $0.readiness = .noUpstream }
            #expect(try await house.ring().text.contains("<Connect"))
            #expect(house.door.errors.records.isEmpty)
        }
    }

    @Test("A caller whom nobody answers gets what the node has for it")
    func nobodyButTheNode() async throws {
        let plan = Self.plan { plan in
            plan.agents = [Agent(id: "sales")]
            plan.numbers = [NumberEntry(number: PhoneNumber("+15550009999"), agent: "sales")]
            plan.settings.fallback.say = "This number is not in service."
        }
        try await withHouse(plan) { (house) async throws in
            #expect(try await house.ring().text.contains("<Say>This number is not in service.</Say><Hangup>"))
        }
    }

    @Test("A store that does not answer keeps no caller waiting; what it was told it keeps later")
    func stalledStore() async throws {
        let store = StalledStore()
        let plan = Self.plan { $0.store = store }
        try await withHouse(plan) { (house) async throws in
            #expect(try await house.ring().text.contains("<Connect"))
            let expected = try #require(house.host.now.expected.first)
            #expect(try await store.inner.record(of: .provider("CA1")) == nil)
            store.release()
            while try await store.inner.record(of: .provider("CA1")) == nil { await Task.yield() }
            #expect(try await store.inner.record(of: .provider("CA1"))?.id == expected.record)
        }
    }

    @Test("A draining node leaves the call to another")
    func draining() async throws {
        try await withHouse { (house) async throws in
            house.host.set { $0.admission = .draining }
            let answer = try await house.ring()
            #expect(answer.status == 503 && answer.headers["Retry-After"] == "1")
            #expect(try await house.record() == nil)
        }
    }

    @Test(
        "A caller who rings too often is busy and leaves no record; others, and those who hide, are not counted together"
    )
    func callerRate() async throws {
        let plan = Self.plan { $0.settings.callsPerCallerPerMinute = 2 }
        try await withHouse(plan) { (house) async throws in
            for number in 1...2 { #expect(try await house.ring("CA\(number)").text.contains("<Connect")) }
            #expect(try await house.ring("CA3").text == Self.rejection("busy"))
            #expect(try await house.record("CA3") == nil)
            #expect(try await house.ring("CA4", from: "+15550001112").text.contains("<Connect"))
            for number in 5...9 {
                #expect(try await house.ring("CA\(number)", from: "anonymous").text.contains("<Connect"))
            }
            #expect(house.rejected("caller_rate") == 1)
        }
    }

    @Test("A store that fails keeps no caller waiting, and is told")
    func brokenStore() async throws {
        let plan = Self.plan { $0.store = BrokenStore() }
        try await withHouse(plan) { (house) async throws in
            #expect(try await house.ring().text.contains("<Connect"))
            #expect(house.host.now.expected.count == 1)
            #expect(house.door.errors.records.contains { $0.report.code == "store.unavailable" })
        }
    }

    @Test("Instructions that cannot be said become an apology")
    func unsayable() async throws {
        var agent = Agent(id: "default")
        agent.fallback.say = String(repeating: "x", count: 70_000)
        let plan = Self.plan { $0.agents = [agent] }
        try await withHouse(plan) { house in
            let answer = try await house.ring()
            #expect(answer.status == 200 && answer.text.contains("<Say>Sorry, we have a technical problem."))
            #expect(house.host.now.expected.isEmpty && house.webhooks("/twilio/voice", "failed") == 1)
        }
    }

    @Test("A request that is not the carrier's is a problem, and leaves nothing behind")
    func unsigned() async throws {
        let plan = Self.plan { $0.proof = .signature([Secret("t")]) }
        try await withHouse(plan) { house in
            let answer = try await house.ring()
            #expect(answer.status == 403 && answer.text.contains("carrier.signature_missing"))
            #expect(try await house.record() == nil)
            #expect(house.webhooks("/twilio/voice", "refused") == 1 && house.rejected("signature") == 1)
        }
    }

    @Test(
        "What is no form of a call is a problem",
        arguments: [
            ("application/json", "{}", 415), ("application/x-www-form-urlencoded", "From=%2B1", 400),
            ("application/x-www-form-urlencoded", "CallSid=%zz", 400), ("APPLICATION/X-WWW-FORM-URLENCODED", "", 400),
        ])
    func unreadable(type: String, body: String, status: Int) async throws {
        try await withHouse { house in
            let answer = try await house.door.ask(
                "POST", "/twilio/voice", headers: ["Content-Type": type], body: body)
            #expect(answer.status == status)
            #expect(answer.headers["Content-Type"] == "application/problem+json")
        }
    }
}
