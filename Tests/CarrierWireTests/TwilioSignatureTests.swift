import Addresses
import CarrierWire
import Testing
import Wording

@Suite("Twilio signature")
struct TwilioSignatureTests {
    /// A request of the fact sheet: the URL as the signer wrote it, its form, and its signature.
    struct Vector: Sendable, CustomTestStringConvertible {
        let name: String
        let url: String
        var form: String?
        let signature: String
        var token = "patchbay_test_auth_token_0001"

        var testDescription: String { name }
    }

    private static let call =
        "CallSid=CA00000000000000000000000000000001&AccountSid=AC00000000000000000000000000000001&From=%2B14155550100"
        + "&To=%2B14155550199&CallStatus=ringing&ApiVersion=2010-04-01&Direction=inbound"
    private static let json = #"{"CallSid":"CA00000000000000000000000000000001","note":"héllo ✓","n":1}"#
    private static let jsonDigest = "2370e06f9090470b4bbb5a4672bb44f5fefc698d985385b5a93b573527927eab"

    static let vectors = [
        Vector(
            name: "V1", url: "https://pb.example.com/twilio/voice", form: call,
            signature: "5teccOvvHUgDPypuMtU/eJKUYE4="),
        Vector(
            name: "V2", url: "https://pb.example.com:443/twilio/voice", form: call,
            signature: "CsdcEvY8MeE3kRRKPSXLfbnc0cM="),
        Vector(
            name: "V3", url: "https://pb.example.com/twilio/status", form: call,
            signature: "BmgUgsYZAj4G4Rt5himFiu757Rg="),
        Vector(
            name: "V3b", url: "https://pb.example.com:8443/twilio/status", form: call,
            signature: "3K5V+nWhX3hiWWunZZAOdPlTAlM="),
        Vector(
            name: "V4",
            url: "https://pb.example.com/twilio/voice?CallSid=CA00000000000000000000000000000001&From=%2B14155550100"
                + "&To=%2B14155550199&CallStatus=ringing",
            signature: "vxyH20b6OTJvumAPS56TEpkTv4I="),
        Vector(
            name: "V5", url: "https://pb.example.com/twilio/status?tenant=42&sig=a%2Fb",
            form: "CallSid=CA00000000000000000000000000000001&CallStatus=completed&CallDuration=37&SequenceNumber=3"
                + "&Timestamp=Fri%2C+20+Nov+2026+04%3A19%3A07+%2B0000&ForwardedFrom=",
            signature: "ulag04ZuYxxuEVeMmFJ1jEcktyU="),
        Vector(
            name: "V7", url: "https://pb.example.com/twilio/sms",
            form: "MessageSid=SM00000000000000000000000000000001&Body=Gr%C3%BC%C3%9Fe+%F0%9F%91%8B+%26+100%25+%2B1"
                + "&FromCity=S%C3%83O+PAULO",
            signature: "eKkikQa4EhzMLQin7Qv7S2acYBM="),
        Vector(
            name: "V8", url: "https://pb.example.com/twilio/gather",
            form: "Digits=5678&Digits=1234&Digits=1234&CallSid=CA123&callSid=lower&Call=x",
            signature: "Pj3+/0mfs6EIljW1npO5jO3b8U8="),
        Vector(
            name: "V10", url: "http://pb.example.com/twilio/status", form: "CallSid=CA1&CallStatus=busy",
            signature: "2i5yhrH/GcuIDx+CP3VXBbhnYig="),
        Vector(
            name: "V10b", url: "http://pb.example.com:80/twilio/status", form: "CallSid=CA1&CallStatus=busy",
            signature: "NuLR8yrbEcCvfq1Tcq0O2OoWnjo="),
        Vector(
            name: "V11", url: "https://pb.example.com/twilio/status", form: "CallSid=CA1&CallStatus=no-answer",
            signature: "FDgzkgeXooA+NT8EXNp1xXAIVAE="),
        Vector(
            name: "V13", url: "https://mycompany.com/myapp.php?foo=1&bar=2",
            form: "CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309",
            signature: "RSOYDt4T1cUTdK1PDd93/VVr8B8=", token: "12345"),
    ]

    static let upgrades = [
        Vector(name: "V9", url: "wss://pb.example.com/media", signature: "CG53ZDse+FgJYp/cE8VU8oQyitQ="),
        Vector(name: "V9b", url: "wss://pb.example.com/media/", signature: "EcSDHXUlOBw1SgHDrIaz5M5i088="),
        Vector(name: "V9c", url: "wss://pb.example.com:443/media", signature: "48DIh8fk3tnTbhgoQZggeMAxI28="),
    ]

    @Test("Signs as the fact sheet's vectors", arguments: vectors + upgrades)
    func signs(vector: Vector) throws {
        let form = try form(vector.form ?? "")
        #expect(TwilioSignature.text(url: vector.url, form: form, token: Secret(vector.token)) == vector.signature)
    }

    @Test("Accepts the vectors, whether the port was signed or not", arguments: vectors)
    func accepts(vector: Vector) throws {
        let signed = try WebURL(vector.url)
        // V3 and V3b are configured with a port; the others without, as V2 and V10b must pass so, too.
        let port = vector.name.hasPrefix("V3") ? ":8443" : ""
        let origin = try WebURL("\(signed.scheme.rawValue)://\(signed.host)\(port)")
        let content = try vector.form.map { TwilioSignedRequest.Content.form(try form($0)) } ?? .none
        let request = TwilioSignedRequest(origin: origin, target: signed.target, content: content)
        let secrets = [Secret("another"), Secret(vector.token)]
        try TwilioSignature(tokens: secrets).check(request, header: [vector.signature])
        #expect(throws: CarrierError.signatureWrong) {
            try TwilioSignature(tokens: [Secret("another")]).check(request, header: [vector.signature])
        }
        #expect(throws: CarrierError.signatureWrong) {
            try TwilioSignature(tokens: []).check(request, header: [vector.signature])
        }
    }

    @Test(
        "Accepts upgrades signed over the wss URL, with and without the slash",
        arguments: upgrades, ["https://pb.example.com", "wss://pb.example.com:443"])
    func upgrade(vector: Vector, origin: String) throws {
        for target in ["/media", "/media/"] {
            try checker.check(
                TwilioSignedRequest(upgradeAt: WebURL(origin), target: target), header: [vector.signature])
        }
        #expect(throws: CarrierError.signatureWrong) {
            try checker.check(
                TwilioSignedRequest(upgradeAt: WebURL(origin), target: "/medias"), header: [vector.signature])
        }
    }

    @Test("Refuses an upgrade signed over the https URL (V9d), and over ws where it came by TLS")
    func upgradeScheme() throws {
        let upgrade = TwilioSignedRequest(upgradeAt: try WebURL("https://pb.example.com"), target: "/media")
        #expect(throws: CarrierError.signatureWrong) {
            try checker.check(upgrade, header: ["zAY3PTKoOLEK/LoG6iXQYYveMbE="])
        }
        let plain = TwilioSignature.text(url: "ws://pb.example.com/media", token: token)
        #expect(throws: CarrierError.signatureWrong) { try checker.check(upgrade, header: [plain]) }
        let plainUpgrade = TwilioSignedRequest(upgradeAt: try WebURL("http://pb.example.com"), target: "/media")
        try checker.check(plainUpgrade, header: [plain])
    }

    @Test(
        "Checks a JSON body by the digest in the URL (V6, V6b)",
        arguments: [
            ("/twilio/json?bodySHA256=\(jsonDigest)", "XRJ/lw5sE8pJIG39H5b9lUwY9Pg="),
            ("/twilio/json?foo=1&bodySHA256=\(jsonDigest)", "KCSIyCWjFXHzJQhPl0THbyLQ2BQ="),
        ])
    func jsonBody(target: String, signature: String) throws {
        func check(_ body: String, _ signature: String) throws {
            let request = TwilioSignedRequest(
                origin: try WebURL("https://pb.example.com"), target: target, content: .body(Array(body.utf8)))
            try checker.check(request, header: [signature])
        }
        try check(Self.json, signature)
        #expect(throws: CarrierError.bodyDigestWrong) { try check(Self.json + " ", signature) }
        #expect(throws: CarrierError.bodyDigestWrong) { try check("", signature) }
        #expect(throws: CarrierError.signatureWrong) { try check(Self.json, "XRJ/lw5sE8pJIG39H5b9lUwY9PA=") }
    }

    @Test(
        "Refuses a body that the URL does not cover", arguments: ["/json", "/json?bodySHA25=1", "/json?xbodySHA256=1"])
    func uncoveredBody(target: String) throws {
        let signature = TwilioSignature.text(url: "https://pb.example.com\(target)", token: token)
        let request = TwilioSignedRequest(
            origin: try WebURL("https://pb.example.com"), target: target, content: .body([]))
        #expect(throws: CarrierError.bodyDigestMissing) { try checker.check(request, header: [signature]) }
    }

    @Test(
        "Refuses what is no signature, or not one",
        arguments: [
            ([], .signatureMissing), ([""], .signatureMalformed),
            (["5teccOvvHUgDPypuMtU/eJKUYE4"], .signatureMalformed),
            (["5teccOvvHUgDPypuMtU/eJKUYE4=", "5teccOvvHUgDPypuMtU/eJKUYE4="], .signatureRepeated),
            (["5teccOvvHUgDPypuMtU/eJKUYE4=\n"], .signatureMalformed),
            (["5teccOvvHUgDPypuMtU_eJKUYE4="], .signatureMalformed),
            (["4teccOvvHUgDPypuMtU/eJKUYE4="], .signatureWrong), (["5teccOvvHUgDPypuMtU/eJKUYEY="], .signatureWrong),
            (["AAAAAAAAAAAAAAAAAAAAAAAAAAAA"], .signatureMalformed),
        ] as [([String], CarrierError)])
    func wrong(header: [String], error: CarrierError) throws {
        let request = TwilioSignedRequest(
            origin: try WebURL("https://pb.example.com"), target: "/twilio/voice", content: .form(try form(Self.call)))
        try checker.check(request, header: ["5teccOvvHUgDPypuMtU/eJKUYE4="])
        #expect(throws: error) { try checker.check(request, header: header) }
    }

    @Test("Refuses another value, one field more, one less, another path")
    func tampered() throws {
        for body in [
            Self.call.replacing("ringing", with: "in-progress"), Self.call + "&x=", String(Self.call.dropLast(18)), "",
        ] {
            let request = TwilioSignedRequest(
                origin: try WebURL("https://pb.example.com"), target: "/twilio/voice", content: .form(try form(body)))
            #expect(throws: CarrierError.signatureWrong) {
                try checker.check(request, header: ["5teccOvvHUgDPypuMtU/eJKUYE4="])
            }
        }
    }

    @Test("Sorts by bytes: what looks alike is not the same")
    func byBytes() throws {
        let composed = TwilioSignature.text(url: "https://a/", form: try form("%C3%A9=1&e%CC%81=1"), token: token)
        let once = TwilioSignature.text(url: "https://a/", form: try form("%C3%A9=1"), token: token)
        let swapped = TwilioSignature.text(url: "https://a/", form: try form("e%CC%81=1&%C3%A9=1"), token: token)
        #expect(composed != once)
        #expect(composed == swapped)
    }

    private let token = Secret("patchbay_test_auth_token_0001")
    private var checker: TwilioSignature { TwilioSignature(tokens: [token]) }

    private func form(_ body: String) throws(CarrierError) -> WebForm {
        try WebForm(parsing: Array(body.utf8).span)
    }
}
