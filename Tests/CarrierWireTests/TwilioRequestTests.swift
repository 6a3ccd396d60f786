import Addresses
import CarrierWire
import Testing
import Wording

@Suite("Twilio REST, out")
struct TwilioRequestTests {
    private let api = TwilioAPI(account: "AC1")
    private let origin = "https://pb.example.com"

    @Test("Creates a call with one parameter for each event")
    func create() throws {
        let call = TwilioNewCall(
            from: PhoneNumber("+14155550199"), to: PhoneNumber("+14155550100"),
            instructions: .ask(
                try WebURL("\(origin)/twilio/voice?call=1"), orElse: try WebURL("\(origin)/twilio/sorry")),
            statusCallback: TwilioCallback(try WebURL("\(origin)/twilio/status"), isRetried: true), ringSeconds: 25,
            limitSeconds: 14_400)
        let request = try api.createCall(call)
        #expect(request.method == .post)
        #expect(request.target == "/2010-04-01/Accounts/AC1/Calls.json")
        #expect(!request.isRepeatable)
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == "To=%2B14155550100&From=%2B14155550199&Url=https%3A%2F%2Fpb.example.com%2Ftwilio%2Fvoice%3Fcall%3D1"
                + "&Method=POST&FallbackUrl=https%3A%2F%2Fpb.example.com%2Ftwilio%2Fsorry"
                + "&StatusCallback=https%3A%2F%2Fpb.example.com%2Ftwilio%2Fstatus%23rc%3D3%26rp%3Dall%26rt%3D4000"
                + "&StatusCallbackMethod=POST&StatusCallbackEvent=initiated&StatusCallbackEvent=ringing"
                + "&StatusCallbackEvent=answered&StatusCallbackEvent=completed&Timeout=25&TimeLimit=14400")
    }

    @Test("Creates a call with inline instructions, machine detection and digits")
    func createInline() throws {
        let amd = TwilioCallback(try WebURL("\(origin)/amd"))
        var call = TwilioNewCall(
            from: PhoneNumber("+1"), to: PhoneNumber("+2"), instructions: .follow(TwiML([.hangup])), limitSeconds: 60,
            machineDetection: .afterGreeting(amd), digits: "ww1#")
        let form = try api.createCall(call).form
        #expect(form["Twiml"]?.hasSuffix("<Response><Hangup></Hangup></Response>") == true)
        #expect(form["Url"] == nil && form["StatusCallback"] == nil && form["Timeout"] == nil)
        #expect(form["MachineDetection"] == "DetectMessageEnd")
        #expect(form["AsyncAmd"] == "true")
        #expect(form["AsyncAmdStatusCallback"] == "\(origin)/amd")
        #expect(form["SendDigits"] == "ww1#")
        call.machineDetection = .early(amd)
        #expect(try api.createCall(call).form["MachineDetection"] == "Enable")
    }

    @Test("Refuses a status callback whose host Twilio would not take, and instructions that are too long")
    func refuses() throws {
        let url = try WebURL("https://my_host.example.com/status")
        var call = TwilioNewCall(
            from: PhoneNumber("+1"), to: PhoneNumber("+2"), instructions: .follow(TwiML([.hangup])),
            statusCallback: TwilioCallback(url), limitSeconds: 60)
        #expect(throws: CarrierError.unusableURL(url)) { try api.createCall(call) }
        call.statusCallback = nil
        call.instructions = .follow(TwiML([.say(String(repeating: "x", count: 4_000))]))
        #expect(throws: CarrierError.twimlTooLong(limit: 4_000)) { try api.createCall(call) }
    }

    @Test(
        "Changes a call under way",
        arguments: [
            (.hangUp, "Status=completed"), (.cancel, "Status=canceled"),
            (.ask(try! WebURL("https://a.b/c")), "Url=https%3A%2F%2Fa.b%2Fc&Method=POST"),
            (
                .follow(TwiML([.hangup])),
                "Twiml=%3C%3Fxml+version%3D%221.0%22+encoding%3D%22UTF-8%22%3F%3E%3CResponse%3E%3CHangup%3E%3C%2FHangup%3E%3C%2FResponse%3E"
            ),
        ] as [(TwilioCallChange, String)])
    func update(change: TwilioCallChange, body: String) throws {
        let request = try api.updateCall("CA1", change)
        #expect(request.method == .post)
        #expect(request.target == "/2010-04-01/Accounts/AC1/Calls/CA1.json")
        #expect(request.isRepeatable)
        #expect(String(decoding: request.body, as: UTF8.self) == body)
    }

    @Test("Asks for calls and numbers, and routes a number to us")
    func others() throws {
        #expect(api.fetchCall("CA1").target == "/2010-04-01/Accounts/AC1/Calls/CA1.json")
        #expect(
            api.listCalls(from: "+1", to: "+2", status: "in-progress").target
                == "/2010-04-01/Accounts/AC1/Calls.json?From=%2B1&To=%2B2&Status=in-progress&PageSize=20")
        #expect(api.listCalls().target == "/2010-04-01/Accounts/AC1/Calls.json?PageSize=20")
        #expect(
            api.listPhoneNumbers(number: "+14155550199").target
                == "/2010-04-01/Accounts/AC1/IncomingPhoneNumbers.json?PhoneNumber=%2B14155550199&PageSize=50")
        let routing = TwilioPhoneNumberRouting(
            voice: try WebURL("https://a.b/v"), fallback: try WebURL("https://a.b/f"),
            statusCallback: TwilioCallback(try WebURL("https://a.b/s"), isRetried: true))
        let update = api.updatePhoneNumber("PN1", routing)
        #expect(update.target == "/2010-04-01/Accounts/AC1/IncomingPhoneNumbers/PN1.json")
        #expect(
            update.form.fields.map { "\($0.name)=\($0.value)" } == [
                "VoiceUrl=https://a.b/v", "VoiceMethod=POST", "VoiceFallbackUrl=https://a.b/f",
                "VoiceFallbackMethod=POST",
                "StatusCallback=https://a.b/s#rc=3&rp=all&rt=4000", "StatusCallbackMethod=POST",
            ])
    }

    @Test(
        "An id cannot leave its segment of the path",
        arguments: ["../Messages", "CA1?x=1", "CA1/Recordings", "CA 1\r\n", "é"])
    func hostileID(id: String) {
        let target = api.fetchCall(id).target
        let inner = target.dropFirst("/2010-04-01/Accounts/AC1/Calls/".count).dropLast(".json".count)
        #expect(!inner.isEmpty && inner.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "%") })
        #expect(target.hasPrefix("/2010-04-01/Accounts/AC1/Calls/") && target.hasSuffix(".json"))
    }

    @Test(
        "Follows a list to its next page, and nowhere else",
        arguments: [
            ("/2010-04-01/Accounts/AC1/Calls.json?PageSize=20&Page=1&PageToken=PACA1", true),
            ("/2010-04-01/Accounts/AC2/Calls.json", false), ("https://evil.example.com/", false), ("", false),
            ("/2010-04-01/Accounts/AC1/../AC2/Calls.json", false),
            ("/2010-04-01/Accounts/AC1/Calls.json HTTP/1.1\r\n", false),
            ("/2010-04-01/Accounts/AC1/#x", false),
        ])
    func pages(target: String, isFollowed: Bool) {
        #expect(api.page(target)?.target == (isFollowed ? target : nil))
    }

    @Test("Authorizes with the token or with a key, and shows neither")
    func authorization() {
        let token = TwilioCredentials(account: "AC1", authToken: Secret("tok"))
        #expect(token.authorization.revealed() == "Basic QUMxOnRvaw==")
        let key = TwilioCredentials(account: "AC1", apiKey: "SK1", apiKeySecret: Secret("hush"))
        #expect(key.authorization.revealed() == "Basic U0sxOmh1c2g=")
        #expect(!"\(key) \(key.authorization)".contains("hush"))
    }
}
