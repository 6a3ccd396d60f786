import Addresses
import PracticeKit
import Testing

@Suite("The carrier around a call")
struct CarrierTests {
    private static let token = "patchbay_test_auth_token_0001"

    @Test(
        "Upgrades and posts are signed as the carrier signs them",
        arguments: [
            ("wss://pb.example.com/media", "", "CG53ZDse+FgJYp/cE8VU8oQyitQ="),
            ("wss://pb.example.com/media/", "", "EcSDHXUlOBw1SgHDrIaz5M5i088="),
            ("http://pb.example.com/twilio/status", "CallSid=CA1&CallStatus=busy", "2i5yhrH/GcuIDx+CP3VXBbhnYig="),
            (
                "https://pb.example.com/twilio/voice",
                "CallSid=CA00000000000000000000000000000001&AccountSid=AC00000000000000000000000000000001"
                    + "&From=%2B14155550100&To=%2B14155550199&CallStatus=ringing&ApiVersion=2010-04-01&Direction=inbound",
                "5teccOvvHUgDPypuMtU/eJKUYE4="
            ),
            (
                "https://pb.example.com/twilio/gather",
                "Digits=5678&Digits=1234&Digits=1234&CallSid=CA123&callSid=lower&Call=x", "Pj3+/0mfs6EIljW1npO5jO3b8U8="
            ),
            (
                "https://pb.example.com/twilio/sms",
                "MessageSid=SM00000000000000000000000000000001&Body=Gr%C3%BC%C3%9Fe+%F0%9F%91%8B+%26+100%25+%2B1"
                    + "&FromCity=S%C3%83O+PAULO", "eKkikQa4EhzMLQin7Qv7S2acYBM="
            ),
        ])
    func signatures(url: String, body: String, signature: String) throws {
        let form = try #require(CarrierForm(encoded: Array(body.utf8)))
        #expect(CarrierSignature.sign(url: url, form: form, token: Self.token) == signature)
    }

    @Test("A form comes back as it was written, and broken escapes are refused")
    func forms() throws {
        let form: CarrierForm = ["From": "+15550001111", "Body": "a b&c=d%é", "Empty": ""]
        let text = String(decoding: form.encoded, as: UTF8.self)
        #expect(text == "From=%2B15550001111&Body=a+b%26c%3Dd%25%C3%A9&Empty=")
        let back = try #require(CarrierForm(encoded: form.encoded))
        #expect(back.fields == form.fields)
        for broken in ["a=%", "a=%4", "a=%zz", "%=1"] { #expect(CarrierForm(encoded: Array(broken.utf8)) == nil) }
    }

    @Test("A document is read: the stream with its parameters, and the verbs around it")
    func document() throws {
        let text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <!-- a greeting -->
            <Response>
              <Connect action="https://pb.example.com/ended?a=1&amp;b=2">
                <Stream url="wss://pb.example.com/media" name='n' statusCallback="https://pb.example.com/s">
                  <Parameter name="tok" value="k&quot;3&#x79;"/><Parameter name="from" value="+1"></Parameter>
                </Stream>
              </Connect>
              <Say>Sorry &amp; goodbye</Say><Pause/><Pause length="3"/>
              <Dial timeout="20"><Number>+15550003333</Number></Dial><Dial>+1</Dial>
              <Redirect method="POST">https://pb.example.com/x</Redirect><Reject reason="busy"/><Gather/><Hangup/>
            </Response>
            """
        let stream = CallInstruction.Stream(
            url: "wss://pb.example.com/media", name: "n",
            parameters: [.init(name: "tok", value: "k\"3y"), .init(name: "from", value: "+1")],
            statusCallback: "https://pb.example.com/s", action: "https://pb.example.com/ended?a=1&b=2")
        #expect(
            try CallInstruction.read(Array(text.utf8)) == [
                .connect(stream), .say("Sorry & goodbye"), .pause(.seconds(1)), .pause(.seconds(3)),
                .dial(["+15550003333"], action: nil), .dial(["+1"], action: nil),
                .redirect(url: "https://pb.example.com/x"), .reject(reason: "busy"), .other("Gather"), .hangUp,
            ])
        #expect(try CallInstruction.read(Array("<Response/>".utf8)) == [])
    }

    @Test(
        "What is not a document is refused",
        arguments: [
            "", "{}", "<Response>", "<Response></response>", "<Answer/>", "<Response/><Response/>", "<Response a=1/>",
            "<Response a='1' a='2'/>", "<Response>&nope;</Response>", "<Response>a & b</Response>", "<Response a='<'/>",
            "<Response><Say></Response></Say>", "<Response><!-- </Response>", "<1/>", " <?xml?><Response/>",
            String(repeating: "<Response>", count: 40) + String(repeating: "</Response>", count: 40),
        ])
    func notADocument(text: String) {
        #expect(throws: CallInstruction.Fault.self) { try CallInstruction.read(Array(text.utf8)) }
    }

    @Test("The bridge is signed for at its public address and dialled at the one here")
    func addresses() throws {
        let here = try WebURL("http://127.0.0.1:8080/twilio/voice")
        let both = PublicAddress(here: here, publicURL: try WebURL("https://pb.example.com"))
        #expect(both.known(here) == "https://pb.example.com/twilio/voice")
        let stream = try both.dialled("wss://pb.example.com/media")
        #expect(stream.description == "ws://127.0.0.1:8080/media")
        #expect(both.known(stream) == "wss://pb.example.com/media")
        #expect(try both.dialled("/ended#rc=3").description == "http://127.0.0.1:8080/ended")
        #expect(try both.dialled("https://other.example.com/x").description == "https://other.example.com/x")
        #expect(both.known(try WebURL("https://other.example.com/x")) == "https://other.example.com/x")
        let alone = PublicAddress(here: here, publicURL: nil)
        #expect(alone.known(here) == "http://127.0.0.1:8080/twilio/voice")
    }
}
