import CallCore
import HTTPLoop
import HTTPWire
import JSONWire
import Testing
import Wording

@testable import FrontDoor

@Suite("What can be done to a call by the API", .timeLimit(.minutes(1)))
struct ControlRoutesTests {
    /// A command, with a body that is right.
    struct Command: Sendable, CustomTestStringConvertible {
        let name: String
        let body: String
        let done: @Sendable (FakeHost.State) -> Int

        var testDescription: String { name }
    }

    static let commands = [
        Command(name: "hangup", body: "") { $0.hungUp.count },
        Command(name: "transfer", body: #"{"to": "+15550007777"}"#) { $0.transferred.count },
        Command(name: "say", body: #"{"text": "Hello"}"#) { $0.said.count },
    ]

    private static func command(
        _ house: HouseFixture, _ name: String, _ body: String = "", call: String = "CA1", headers: Headers = [:]
    ) async throws -> HTTPClientResponse {
        try await house.door.ask("POST", "/v1/calls/\(call)/\(name)", headers: headers, body: body)
    }

    @Test(
        "A command reaches whoever runs the call, by our id or the carrier's, and is answered with its record",
        arguments: commands)
    func obeyed(command: Command) async throws {
        try await withHouse { house in
            _ = try await house.ring()
            let record = try #require(try await house.record())
            for (count, id) in ["CA1", record.id.description].enumerated() {
                let answer = try await Self.command(house, command.name, command.body, call: id)
                #expect(answer.status == 200)
                #expect(try JSONObject(parsing: answer.body.span) == record.json)
                #expect(command.done(house.host.now) == count + 1)
            }
        }
    }

    @Test("What is told arrives as it was")
    func told() async throws {
        try await withHouse { house in
            _ = try await house.ring()
            let id = try #require(try await house.record()?.id)
            _ = try await Self.command(house, "hangup")
            _ = try await Self.command(house, "transfer", #"{"to": "+15550007777"}"#)
            _ = try await Self.command(house, "say", #"{"text": "Grüße 👋"}"#)
            let told = house.host.now
            #expect(told.hungUp == [id] && told.transferred == ["+15550007777"] && told.said == ["Grüße 👋"])
        }
    }

    @Test("Of a call that nobody knows, and of one that is over, nothing is commanded", arguments: commands)
    func nobody(command: Command) async throws {
        try await withHouse { house in
            _ = try await house.ring()
            #expect(try await Self.command(house, command.name, command.body, call: "CA2").status == 404)
            _ = try await house.post("/twilio/status", ["CallSid": "CA1", "CallStatus": "completed"])
            let over = try await Self.command(house, command.name, command.body)
            #expect(over.status == 409 && over.text.contains("call.over") && over.text.contains("completed"))
            #expect(command.done(house.host.now) == 0)
        }
    }

    @Test(
        "What is wrong in a body names its member",
        arguments: [
            ("transfer", "{", 400, "to"), ("transfer", "{}", 422, "to"), ("transfer", #"{"to": 7}"#, 422, "to"),
            ("transfer", #"{"to": "12"}"#, 422, "to"), ("transfer", #"{"to": "+445550001111"}"#, 422, "to"),
            ("say", "", 400, "text"), ("say", "{}", 422, "text"), ("say", #"{"text": ""}"#, 422, "text"),
            ("say", #"{"text": ["a"]}"#, 422, "text"),
            ("say", #"{"text": "\#(String(repeating: "x", count: 4_001))"}"#, 422, "text"),
        ])
    func wrong(name: String, body: String, status: Int, field: String) async throws {
        try await withHouse { house in
            _ = try await house.ring()
            let answer = try await Self.command(house, name, body)
            #expect(answer.status == status)
            #expect(try JSONObject(parsing: answer.body.span).string("field") == field)
            #expect(house.host.now.transferred.isEmpty && house.host.now.said.isEmpty)
        }
    }

    @Test("4,000 characters are said, whatever each takes")
    func longest() async throws {
        try await withHouse { house in
            _ = try await house.ring()
            let text = String(repeating: "👋", count: 4_000)
            #expect(try await Self.command(house, "say", #"{"text": "\#(text)"}"#).status == 200)
            #expect(house.host.now.said == [text])
        }
    }

    @Test(
        "Why a command was not carried out is in the status and the code",
        arguments: [
            (CallCommandError.notLive, 409, "call.not_live"), (.elsewhere(node: "n2"), 409, "call.elsewhere"),
            (.over, 409, "call.over"), (.carrier(.notConfigured), 409, "carrier.not_configured"),
            (.carrier(.resting), 502, CarrierControlError.resting.code),
            (.store(.locked), 503, CallStoreError.locked.code),
        ], commands)
    func refused(refusal: (error: CallCommandError, status: Int, code: String), command: Command) async throws {
        try await withHouse { house in
            _ = try await house.ring()
            house.host.set { $0.commandError = refusal.error }
            let answer = try await Self.command(house, command.name, command.body)
            #expect(answer.status == refusal.status)
            #expect(try JSONObject(parsing: answer.body.span).string("code") == refusal.code)
            #expect((answer.headers["Retry-After"] != nil) == (refusal.status == 503))
        }
    }

    @Test("A token that may only read commands nothing", arguments: commands)
    func tokens(command: Command) async throws {
        var plan = HouseFixture.Plan()
        plan.tokens = [
            BearerTokens.Token(Secret("w"), isReadOnly: false), BearerTokens.Token(Secret("r"), isReadOnly: true),
        ]
        try await withHouse(plan) { house in
            _ = try await house.ring()
            for (token, status) in [("x", 401), ("r", 403), ("w", 200)] {
                let answer = try await Self.command(
                    house, command.name, command.body, headers: ["Authorization": "Bearer \(token)"])
                #expect(answer.status == status)
            }
            #expect(command.done(house.host.now) == 1)
        }
    }
}
