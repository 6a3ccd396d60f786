import Addresses
import CarrierWire
import HTTPLoop
import HTTPWire
import Testing
import Wording

@testable import FrontDoor

@Suite("Media entrance", .timeLimit(.minutes(1)))
struct MediaEntranceTests {
    /// 418 is what the host of these tests answers: the upgrade got as far as to it.
    private static let taken = 418

    private static func upgrade(
        _ house: HouseFixture, _ headers: Headers = [:], path: String = "/twilio/media"
    ) async throws -> HTTPClientResponse {
        var all: Headers = [
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        ]
        all.append(contentsOf: headers)
        return try await house.door.ask("GET", path, headers: all)
    }

    @Test("A socket from this machine is taken and counts as signed, with and without a slash behind the path")
    func local() async throws {
        try await withHouse { (house) async throws in
            for path in ["/twilio/media", "/twilio/media/"] {
                let answer = try await Self.upgrade(house, path: path)
                #expect(answer.status == Self.taken && answer.text.contains("signed true client 127.0.0.1"))
            }
        }
    }

    @Test("A request that is no upgrade is told what this path speaks")
    func plain() async throws {
        try await withHouse { (house) async throws in
            let answer = try await house.door.ask("GET", "/twilio/media")
            #expect(answer.status == 426 && answer.headers["Upgrade"] == "websocket")
        }
    }

    @Test("A browser is refused, wherever it is")
    func origin() async throws {
        try await withHouse { (house) async throws in
            #expect(try await Self.upgrade(house, ["Origin": "http://localhost"]).status == 403)
            #expect(house.rejected("origin") == 1)
        }
    }

    @Test("With a token to check with, only what is signed comes in")
    func signed() async throws {
        var plan = HouseFixture.Plan()
        plan.proof = .signature([Secret("t")])
        plan.address = PublicAddress(publicURL: try WebURL("https://voice.example.com"))
        try await withHouse(plan) { (house) async throws in
            func status(_ url: String?) async throws -> Int {
                let signature = url.map { TwilioSignature.text(url: $0, token: Secret("t")) }
                return try await Self.upgrade(house, signature.map { ["X-Twilio-Signature": $0] } ?? [:]).status
            }
            #expect(try await status(nil) == 401)
            #expect(try await status("https://voice.example.com/twilio/media") == 403)
            #expect(try await status("wss://voice.example.com/twilio/media") == Self.taken)
            #expect(house.rejected("signature") == 2)
        }
    }

    @Test(
        "A node that is full or about to end takes none",
        arguments: [(CallAdmission.full, "node.full"), (.draining, "node.draining")])
    func unavailable(admission: CallAdmission, code: String) async throws {
        try await withHouse { house in
            house.host.set { $0.admission = admission }
            let answer = try await Self.upgrade(house)
            #expect(answer.status == 503 && answer.text.contains(code) && answer.headers["Retry-After"] == "1")
        }
    }

    @Test("Only so many come in a second, and what is refused for another reason uses up nothing")
    func rate() async throws {
        var plan = HouseFixture.Plan()
        plan.settings.callsPerSecond = 1
        try await withHouse(plan) { house in
            for _ in 0..<5 { #expect(try await Self.upgrade(house, ["Via": "1.1 x"]).status == 403) }
            #expect(try await Self.upgrade(house).status == Self.taken)
            let refused = try await Self.upgrade(house)
            #expect(refused.status == 429 && refused.headers["Retry-After"] == "1")
            #expect(house.rejected("calls_per_second") == 1)
        }
    }

    @Test("Where nothing is signed, an address beyond our proxy is known and not trusted")
    func unchecked() async throws {
        var plan = HouseFixture.Plan()
        plan.proof = .none
        plan.address = PublicAddress(trustedProxies: [try #require(AddressRange("127.0.0.0/8"))])
        try await withHouse(plan) { house in
            let answer = try await Self.upgrade(house, ["X-Forwarded-For": "203.0.113.9"])
            #expect(answer.text.contains("signed false client 203.0.113.9"))
        }
    }
}
