import Addresses
import CarrierWire
import Testing
import Wording

@Suite("TwiML")
struct TwiMLTests {
    private static let declaration = #"<?xml version="1.0" encoding="UTF-8"?>"#

    @Test("Writes the document that answers an incoming call")
    func incoming() throws {
        let stream = TwiMLStream(
            url: try WebURL("wss://pb.example.com/twilio/media"), name: "pb-1",
            statusCallback: TwilioCallback(try WebURL("https://pb.example.com/twilio/stream-status"), isRetried: true),
            parameters: [.init("token", "k3yed"), .init("from", "+14155550100")])
        let ended = TwilioCallback(try WebURL("https://pb.example.com/twilio/connect-ended?a=1&b=2"))
        let twiml = TwiML([.connect(stream, action: ended), .say("Sorry."), .hangup])
        #expect(
            try text(twiml)
                == #"<Response><Connect action="https://pb.example.com/twilio/connect-ended?a=1&amp;b=2" method="POST">"#
                + #"<Stream url="wss://pb.example.com/twilio/media" name="pb-1" "#
                + #"statusCallback="https://pb.example.com/twilio/stream-status#rc=3&amp;rp=all&amp;rt=4000" "#
                + #"statusCallbackMethod="POST"><Parameter name="token" value="k3yed"></Parameter>"#
                + #"<Parameter name="from" value="+14155550100"></Parameter></Stream></Connect>"#
                + #"<Say>Sorry.</Say><Hangup></Hangup></Response>"#)
    }

    @Test(
        "Writes each verb",
        arguments: [
            (
                .say("Hi", voice: "Polly.Joanna", language: "en-US"),
                #"<Say voice="Polly.Joanna" language="en-US">Hi</Say>"#
            ),
            (.play(digits: "1w#"), ##"<Play digits="1w#"></Play>"##),
            (.pause(seconds: 3), #"<Pause length="3"></Pause>"#),
            (
                .redirect(try! WebURL("https://a.b/c?retry=1&x=2")),
                #"<Redirect method="POST">https://a.b/c?retry=1&amp;x=2</Redirect>"#
            ),
            (.reject(busy: true), #"<Reject reason="busy"></Reject>"#),
            (.reject(busy: false), #"<Reject reason="rejected"></Reject>"#), (.hangup, "<Hangup></Hangup>"),
            (
                .connect(TwiMLStream(url: try! WebURL("wss://a.b/m")), action: nil),
                #"<Connect><Stream url="wss://a.b/m"></Stream></Connect>"#
            ),
            (
                .dial(TwiMLDial(number: PhoneNumber("+14155550123"))),
                #"<Dial answerOnBridge="true"><Number>+14155550123</Number></Dial>"#
            ),
            (
                .dial(
                    TwiMLDial(
                        number: PhoneNumber("+14155550123"), callerID: PhoneNumber("+14155550199"), ringSeconds: 20,
                        limitSeconds: 1_800, action: TwilioCallback(try! WebURL("https://a.b/e")),
                        statusCallback: TwilioCallback(try! WebURL("https://a.b/s")))),
                #"<Dial answerOnBridge="true" callerId="+14155550199" timeout="20" timeLimit="1800" action="https://a.b/e" "#
                    + #"method="POST"><Number statusCallback="https://a.b/s" "#
                    + #"statusCallbackEvent="initiated ringing answered completed" statusCallbackMethod="POST">"#
                    + #"+14155550123</Number></Dial>"#
            ),
        ] as [(TwiML.Verb, String)])
    func verbs(verb: TwiML.Verb, written: String) throws {
        #expect(try text(TwiML([verb])) == "<Response>\(written)</Response>")
    }

    @Test(
        "Text and attributes are escaped, and what XML cannot say becomes a blank",
        arguments: [
            ("a & b < c > d", "a &amp; b &lt; c &gt; d", "a &amp; b &lt; c &gt; d"),
            (#""it's""#, "&quot;it&apos;s&quot;", "&quot;it&apos;s&quot;"),
            ("]]></Say><Hangup/>", "]]&gt;&lt;/Say&gt;&lt;Hangup/&gt;", "]]&gt;&lt;/Say&gt;&lt;Hangup/&gt;"),
            ("a\tb\nc\rd", "a\tb\nc&#13;d", "a&#9;b&#10;c&#13;d"), ("\0\u{8}\u{B}\u{1F}x", "    x", "    x"),
            ("\u{FFFE}\u{FFFF}", "  ", "  "), ("grüße 🎧\u{7F}", "grüße 🎧\u{7F}", "grüße 🎧\u{7F}"),
            ("&amp;", "&amp;amp;", "&amp;amp;"),
        ])
    func escapes(raw: String, asText: String, asAttribute: String) throws {
        #expect(try text(TwiML([.say(raw)])) == "<Response><Say>\(asText)</Say></Response>")
        #expect(
            try text(TwiML([.play(digits: raw)])) == #"<Response><Play digits="\#(asAttribute)"></Play></Response>"#)
    }

    @Test("Refuses what Twilio would refuse, before it is sent")
    func limits() throws {
        let url = try WebURL("wss://a.b/m")
        func stream(_ url: WebURL, _ value: String = "") throws -> [UInt8] {
            try TwiML([.connect(TwiMLStream(url: url, parameters: [.init("name", value)]), action: nil)]).document()
        }
        _ = try stream(url, String(repeating: "é", count: 495))
        #expect(throws: CarrierError.streamParameterTooLong("name")) {
            try stream(url, String(repeating: "x", count: 496))
        }
        for text in ["wss://a.b/m?token=1", "https://a.b/m"] {
            let unusable = try WebURL(text)
            #expect(throws: CarrierError.unusableURL(unusable)) { try stream(unusable) }
        }
        _ = try stream(WebURL("ws://127.0.0.1:8080/m"))
        let long = TwiML([.say(String(repeating: "&", count: 12_000))])
        _ = try long.document()
        #expect(throws: CarrierError.twimlTooLong(limit: 4_000)) { try long.inlineDocument() }
        #expect(throws: CarrierError.twimlTooLong(limit: 64_000)) {
            try TwiML([.say(String(repeating: "&", count: 13_000))]).document()
        }
    }

    private func text(_ twiml: TwiML) throws(CarrierError) -> String {
        let document = String(decoding: try twiml.document(), as: UTF8.self)
        #expect(document.hasPrefix(Self.declaration))
        #expect(try twiml.inlineDocument() == document)
        return String(document.dropFirst(Self.declaration.count))
    }
}
