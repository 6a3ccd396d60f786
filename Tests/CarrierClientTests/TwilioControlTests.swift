import Addresses
import CallCore
import CarrierWire
import HTTPLoop
import HTTPWire
import Synchronization
import Telemetry
import Testing
import Timeline
import Wording

@testable import CarrierClient

/// An API that answers from a list, on a clock that only waiting moves.
private final class FakeAPI: Sendable {
    enum Step: Sendable {
        case answer(Int, String, Headers = [:])
        case fail(HTTPClientError)
    }

    private struct State {
        var steps: [Step]
        var requests: [HTTPClientRequest] = []
        var now = Instant.zero
    }

    private let state: Mutex<State>
    let errors = ErrorSink(logger: .off, registry: MetricsRegistry())

    init(_ steps: [Step]) {
        state = Mutex(State(steps: steps))
    }

    var requests: [HTTPClientRequest] { state.withLock { $0.requests } }
    var now: Instant { state.withLock { $0.now } }

    func wait(until instant: Instant) { state.withLock { $0.now = max($0.now, instant) } }

    func send(_ request: HTTPClientRequest) throws(HTTPClientError) -> HTTPClientResponse {
        let step = state.withLock { state in
            state.requests.append(request)
            return state.steps.isEmpty ? Step.fail(.clientClosed) : state.steps.removeFirst()
        }
        switch step {
        case .fail(let error): throw error
        case .answer(let status, let body, let headers):
            return HTTPClientResponse(head: ResponseHead(status: status, headers: headers), body: Array(body.utf8))
        }
    }

    func control(_ rules: TwilioControl.Rules = .init()) throws -> TwilioControl {
        TwilioControl(
            base: try WebURL("https://api.example.com/base/"),
            credentials: TwilioCredentials(account: "AC1", authToken: Secret("t")), errors: errors, rules: rules,
            time: TwilioControl.Time(now: { self.now }, utc: { UTCTime(millisecondsSince1970: 0) }) {
                self.wait(until: $0)
            }
        ) { request throws(HTTPClientError) in try self.send(request) }
    }
}

@Suite("Twilio control")
struct TwilioControlTests {
    private static let done = FakeAPI.Step.answer(200, #"{"sid":"CA1","status":"completed","duration":"7"}"#)
    private static let broken = FakeAPI.Step.answer(500, "oops")

    private static func error(_ body: () async throws(CarrierControlError) -> Void) async -> CarrierControlError? {
        do throws(CarrierControlError) {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test("A hang-up is one signed-in POST to the call, under the base's path")
    func hangUp() async throws {
        let api = FakeAPI([Self.done])
        try await api.control().hangUp("CA1")
        let request = try #require(api.requests.first)
        #expect(api.requests.count == 1)
        #expect(request.url.description == "https://api.example.com/base/2010-04-01/Accounts/AC1/Calls/CA1.json")
        #expect(request.method == "POST" && request.body == Array("Status=completed".utf8))
        #expect(request.headers["Authorization"] == "Basic QUMxOnQ=")
        #expect(request.headers["Content-Type"] == "application/x-www-form-urlencoded")
    }

    @Test("Whoever watches is told of each answer that was meant, how late it was, and of nothing else")
    func watched() async throws {
        let api = FakeAPI([Self.broken, Self.done, .answer(404, "{}"), .answer(401, "{}")])
        let control = try api.control()
        let told = Mutex<[Duration]>([])
        control.watch { took in told.withLock { $0.append(took) } }
        try await control.hangUp("CA1")
        #expect(told.withLock { $0 } == [.zero], "the first attempt failed")
        try await control.hangUp("CA1")
        _ = await Self.error { () async throws(CarrierControlError) in try await control.hangUp("CA1") }
        #expect(told.withLock(\.count) == 1)
    }

    @Test("A call that is over has been hung up", arguments: [404, 410])
    func hangUpOver(status: Int) async throws {
        let api = FakeAPI([.answer(status, "{}")])
        try await api.control().hangUp("CA1")
        #expect(api.errors.records.isEmpty)
    }

    @Test(
        "What may pass is tried again, up to three times in all",
        arguments: [[broken, broken, done], [.fail(.deadline), .answer(503, "", ["Retry-After": "1"]), done]])
    private func retries(steps: [FakeAPI.Step]) async throws {
        let api = FakeAPI(steps)
        try await api.control().hangUp("CA1")
        #expect(api.requests.count == 3 && api.errors.records.isEmpty)
    }

    @Test("What the API asks to wait is waited, and too long a wait is not begun", arguments: [(3, 2), (11, 1)])
    func retryAfter(seconds: Int, attempts: Int) async throws {
        let api = FakeAPI([.answer(429, "{}", ["Retry-After": "\(seconds)"]), Self.done])
        let control = try api.control()
        let error = await Self.error { () async throws(CarrierControlError) in try await control.hangUp("CA1") }
        #expect(api.requests.count == attempts)
        #expect((error == nil) == (attempts == 2))
        if attempts == 2 { #expect(api.now >= Instant.zero.advanced(by: .seconds(seconds))) }
    }

    @Test(
        "What would fail in the same way is asked once, and told with the call",
        arguments: [(401, "carrier.credentials", ErrorSeverity.critical), (400, "carrier.refused", .error)])
    func permanent(status: Int, code: String, severity: ErrorSeverity) async throws {
        let api = FakeAPI([.answer(status, #"{"code":1,"message":"no"}"#), Self.done])
        let control = try api.control()
        let error = await Self.error { () async throws(CarrierControlError) in try await control.hangUp("CA1") }
        #expect(error?.code == code && api.requests.count == 1)
        #expect(api.errors.records.map(\.report.code) == [code])
        #expect(api.errors.records.first?.report.severity == severity)
        #expect(api.errors.records.first?.report.context.call == "CA1")
    }

    @Test("After three attempts it gives up and says so")
    func givesUp() async throws {
        let api = FakeAPI([Self.broken, Self.broken, Self.broken, Self.done])
        let control = try api.control()
        let error = await Self.error { () async throws(CarrierControlError) in try await control.hangUp("CA1") }
        guard case .unavailable(_, mayHaveActed: true) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(api.requests.count == 3)
    }

    @Test("After five failures in a row it is left alone, and one call finds out when it is back")
    func breaker() async throws {
        let api = FakeAPI(Array(repeating: Self.broken, count: 5) + [Self.done, Self.done])
        var rules = TwilioControl.Rules()
        rules.retries = RetryRules(attempts: 1, budget: .seconds(10))
        let control = try api.control(rules)
        for _ in 0..<5 {
            _ = await Self.error { () async throws(CarrierControlError) in try await control.hangUp("CA1") }
        }
        #expect(control.breaker == .open)
        let resting = await Self.error { () async throws(CarrierControlError) in try await control.hangUp("CA1") }
        #expect(resting == .resting && api.requests.count == 5)
        api.wait(until: api.now.advanced(by: .seconds(30)))
        try await control.hangUp("CA1")
        #expect(control.breaker == .closed)
    }

    @Test("A redirect carries the steps as TwiML")
    func redirect() async throws {
        let api = FakeAPI([Self.done])
        try await api.control().redirect(
            "CA1", to: [.say("Sorry", language: "en"), .transfer(to: PhoneNumber("+15550001111"))])
        let body = String(decoding: try #require(api.requests.first).body, as: UTF8.self)
        #expect(body.hasPrefix("Twiml=") && body.contains("Sorry") && body.contains("%2B15550001111"))
    }

    @Test("A look tells the carrier's words, and nothing of a call that it does not know")
    func look() async throws {
        let api = FakeAPI([
            .answer(200, #"{"sid":"CA1","status":"busy","duration":"7","price":"-0.01","price_unit":"USD"}"#),
            .answer(404, "{}"),
        ])
        let control = try api.control()
        let view = try await control.look("CA1")
        let carrier = CallRecord.Carrier(status: "busy", duration: .seconds(7), price: "-0.01 USD")
        #expect(view == CarrierView(status: .busy, carrier: carrier))
        #expect(try await control.look("CA2") == nil)
    }

    // MARK: dialling

    private static let order = DialOrder(
        call: CallID(at: UTCTime(millisecondsSince1970: 0), random: (1, 2)), from: PhoneNumber("+15550002222"),
        to: PhoneNumber("+15550003333"), base: "https://pb.example.com/x",
        due: UTCTime(millisecondsSince1970: 0), expires: nil, limitSeconds: 90, detection: .early)

    @Test("An order says where the webhooks are, with our name of the call in each address")
    func dialled() async throws {
        let api = FakeAPI([.answer(201, #"{"sid":"CA1","status":"queued"}"#)])
        #expect(try await api.control().dial(Self.order) == "CA1")
        let body = try #require(api.requests.first).body
        let form = try WebForm(parsing: body.span)
        let query = "?call=\(Self.order.call)"
        #expect(form["Url"] == "https://pb.example.com/x/twilio/voice\(query)")
        #expect(form["StatusCallback"] == "https://pb.example.com/x/twilio/status\(query)#rc=3&rp=all&rt=4000")
        #expect(form["AsyncAmdStatusCallback"]?.hasPrefix("https://pb.example.com/x/twilio/status\(query)") == true)
        #expect(form["Timeout"] == "60" && form["TimeLimit"] == "90")
        #expect(form.values(of: "StatusCallbackEvent") == ["initiated", "ringing", "answered", "completed"])
    }

    @Test(
        "An order is given again only where the carrier certainly did not take it",
        arguments: [
            ([.answer(400, #"{"code":21215,"message":"no"}"#)], .refused, 1),
            ([.answer(401, #"{"code":20003,"message":"no"}"#)], .refused, 1),
            ([.answer(500, "oops")], .unclear, 1), ([.answer(502, "<html>")], .unclear, 1),
            ([.answer(201, "<html>")], .unclear, 1), ([.fail(.deadline)], .unclear, 1),
            ([.answer(429, "{}"), .answer(429, "{}"), .answer(429, "{}")], .notNow(after: nil), 3),
            (
                [.answer(429, "{}", ["Retry-After": "60"])], .notNow(after: .seconds(60)), 1
            ),
        ] as [([FakeAPI.Step], DialFailure.Kind, Int)])
    private func orderFailures(steps: [FakeAPI.Step], kind: DialFailure.Kind, attempts: Int) async throws {
        let api = FakeAPI(steps)
        let control = try api.control()
        do throws(DialFailure) {
            _ = try await control.dial(Self.order)
            Issue.record("it was taken")
        } catch {
            #expect(error.kind == kind)
        }
        #expect(api.requests.count == attempts)
    }
}
