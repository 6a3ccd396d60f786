import Addresses
import CarrierWire
import HTTPWire
import Testing
import Wording

@testable import FrontDoor

@Suite("Carrier access")
struct CarrierAccessTests {
    private static let token = Secret("t0ken")

    private static func form() -> WebForm {
        var form = WebForm()
        form.append("CallSid", "CA1")
        form.append("From", "+15550001111")
        return form
    }

    private static func address(
        _ url: String? = "https://voice.example.com", stream: String? = nil, proxies: [String] = []
    ) throws -> PublicAddress {
        PublicAddress(
            publicURL: try url.map { try WebURL($0) }, streamURL: try stream.map { try WebURL($0) },
            trustedProxies: proxies.compactMap { AddressRange($0) })
    }

    private static func signed(_ url: String, _ form: WebForm = WebForm(), with token: Secret = token) -> Headers {
        ["X-Twilio-Signature": TwilioSignature.text(url: url, form: form, token: token)]
    }

    private static func refusal(_ body: () throws(Problem) -> Void) -> Int? {
        do throws(Problem) {
            try body()
            return nil
        } catch {
            return error.status
        }
    }

    @Test(
        "A webhook is let in when it is signed over the public URL, with or without its port, and the query as it came",
        arguments: [
            ("https://voice.example.com/twilio/voice?a=%20b", nil),
            ("https://voice.example.com:443/twilio/voice?a=%20b", nil),
            ("https://voice.example.com/twilio/voice", 403), ("http://voice.example.com/twilio/voice?a=%20b", 403),
            ("https://voice.example.com/twilio/voice?a=+b", 403),
            ("https://other.example.com/twilio/voice?a=%20b", 403),
        ] as [(String, Int?)])
    func webhook(url: String, status: Int?) throws {
        let access = CarrierAccess(.signature([Secret("old"), Self.token]), at: try Self.address())
        let visitor = try someone(
            from: "54.1.1.1", host: "inner:8080", Self.signed(url, Self.form()), method: "POST",
            target: "/twilio/voice?a=%20b")
        #expect(Self.refusal { () throws(Problem) in try access.check(visitor, form: Self.form()) } == status)
    }

    @Test("Another form, another token, no signature or two are refused")
    func wrong() throws {
        let access = CarrierAccess(.signature([Self.token]), at: try Self.address())
        let url = "https://voice.example.com/twilio/voice"
        var changed = Self.form()
        changed.append("CallStatus", "completed")
        func status(_ headers: Headers, _ form: WebForm) throws -> Int? {
            let visitor = try someone(headers, method: "POST", target: "/twilio/voice")
            return Self.refusal { () throws(Problem) in try access.check(visitor, form: form) }
        }
        let right = Self.signed(url, Self.form())
        #expect(try status(right, Self.form()) == nil)
        #expect(try status(right, changed) == 403)
        #expect(try status(Self.signed(url, Self.form(), with: Secret("else")), Self.form()) == 403)
        #expect(try status([:], Self.form()) == 403)
        #expect(try status(right.adding("X-Twilio-Signature", "x"), Self.form()) == 403)
    }

    @Test("Without a public URL, the request's own host was signed, and behind our proxy what that says")
    func derived() throws {
        let access = CarrierAccess(
            .signature([Self.token]), at: try Self.address(nil, proxies: ["10.0.0.0/8"]))
        let plain = try someone(
            from: "54.1.1.1", host: "a.example:8080", Self.signed("http://a.example:8080/x"), method: "POST",
            target: "/x")
        try access.check(plain, form: WebForm())
        let forwarded = try someone(
            from: "10.0.0.1", host: "inner",
            Self.signed("https://a.example/x").adding("X-Forwarded-Proto", "https")
                .adding("X-Forwarded-Host", "a.example"), method: "POST", target: "/x")
        try access.check(forwarded, form: WebForm())
    }

    @Test("A part of the path that a proxy takes away was signed with it")
    func prefix() throws {
        let access = CarrierAccess(.signature([Self.token]), at: try Self.address("https://example.com/voice/"))
        let visitor = try someone(
            Self.signed("https://example.com/voice/twilio/status"), method: "POST", target: "/twilio/status")
        try access.check(visitor, form: WebForm())
    }

    @Test(
        "An upgrade is let in when it is signed over the stream's URL",
        arguments: [
            ("wss://voice.example.com/twilio/media", nil), ("wss://voice.example.com/twilio/media/", nil),
            ("wss://voice.example.com:443/twilio/media", nil), ("wss://node-1.example.com/in/media", nil),
            ("https://voice.example.com/twilio/media", 403), ("ws://voice.example.com/twilio/media", 403),
            ("wss://node-1.example.com/twilio/media", 403),
        ] as [(String, Int?)])
    func upgrade(url: String, status: Int?) throws {
        let access = CarrierAccess(
            .signature([Self.token]), at: try Self.address(stream: "https://node-1.example.com/in/media"))
        let visitor = try someone(from: "54.1.1.1", host: "x", Self.signed(url), target: "/twilio/media")
        let found = Self.refusal { () throws(Problem) in
            let isSigned = try access.checkUpgrade(visitor)
            #expect(isSigned)
        }
        #expect(found == status)
    }

    @Test("An upgrade without a signature is told that it needs one")
    func unsignedUpgrade() throws {
        let access = CarrierAccess(.signature([Self.token]), at: try Self.address())
        let visitor = try someone(target: "/twilio/media")
        #expect(Self.refusal { () throws(Problem) in _ = try access.checkUpgrade(visitor) } == 401)
    }

    @Test("Without a token to check with, this machine comes in and counts as signed, and nobody else does")
    func local() throws {
        let access = CarrierAccess(.local, at: try Self.address(nil))
        #expect(try access.checkUpgrade(someone()))
        for stranger in [try someone(from: "10.0.0.1"), try someone(["X-Forwarded-For": "1.1.1.1"])] {
            #expect(Self.refusal { () throws(Problem) in _ = try access.checkUpgrade(stranger) } == 403)
            #expect(Self.refusal { () throws(Problem) in try access.check(stranger, form: WebForm()) } == 403)
        }
    }

    @Test("Where nothing is to be checked, anybody comes in, and nobody counts as signed")
    func unchecked() throws {
        let access = CarrierAccess(.none, at: try Self.address(nil))
        let stranger = try someone(from: "10.0.0.1", host: "a")
        try access.check(stranger, form: WebForm())
        #expect(try !access.checkUpgrade(stranger))
    }
}

@Suite("Public address")
struct PublicAddressTests {
    @Test(
        "The stream is where it is set, else at the public URL, as a WebSocket",
        arguments: [
            (nil, nil, "ws://a.example:81/twilio/media"),
            ("https://p.example", nil, "wss://p.example/twilio/media"),
            ("https://p.example/b/", nil, "wss://p.example/b/twilio/media"),
            ("https://p.example", "wss://n1.example", "wss://n1.example/twilio/media"),
            ("https://p.example", "https://n1.example/", "wss://n1.example/twilio/media"),
            (nil, "ws://n1.example:90/m", "ws://n1.example:90/m"),
        ] as [(String?, String?, String)])
    func stream(publicURL: String?, streamURL: String?, expected: String) throws {
        let address = PublicAddress(
            publicURL: try publicURL.map { try WebURL($0) }, streamURL: try streamURL.map { try WebURL($0) })
        #expect(address.stream(for: try someone(host: "a.example:81"))?.description == expected)
    }
}
