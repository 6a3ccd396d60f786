import CallCore
import CarrierWire
import Testing
import Timeline
import Wording

@Suite("Twilio REST, in")
struct TwilioAnswerTests {
    private static let call = #"""
        {"sid":"CA1","status":"completed","direction":"outbound-api","from":"+14155550199","to":"+14155550100",
         "date_created":"Fri, 20 Nov 2026 04:19:07 +0000","start_time":"Fri, 20 Nov 2026 04:19:10 +0000",
         "end_time":"Fri, 20 Nov 2026 04:20:07 +0000","duration":"57","answered_by":"human","price":"-0.00850",
         "price_unit":"USD","parent_call_sid":null,"queue_time":"0","subresource_uris":{"a":"/x"},"new":[1]}
        """#

    @Test("Reads a call whose numbers are strings")
    func call() throws {
        let call = try answer(200, Self.call).call()
        #expect(call.id == "CA1")
        #expect(call.status == .completed)
        #expect(call.direction == .outbound)
        #expect(call.from == PhoneNumber("+14155550199") && call.to == PhoneNumber("+14155550100"))
        #expect(call.created?.description == "2026-11-20T04:19:07.000Z")
        #expect(call.started?.description == "2026-11-20T04:19:10.000Z")
        #expect(call.ended?.description == "2026-11-20T04:20:07.000Z")
        #expect(call.duration == .seconds(57))
        #expect(call.answeredBy == .human)
        #expect(call.price == "-0.00850" && call.priceUnit == "USD")
        #expect(call.parentCall == nil)
    }

    @Test("Reads a call that has only begun, and one in a state that we do not know")
    func youngCall() throws {
        let call = try answer(201, #"{"sid":"CA1","status":"queued","duration":null,"price":null}"#).call()
        #expect(call.status == .queued)
        #expect(call.duration == nil && call.price == nil && call.created == nil && call.from == nil)
        let odd = try answer(200, #"{"sid":"CA1","status":"floating"}"#).call()
        #expect(odd.status == nil && odd.statusWord == "floating")
    }

    @Test("Reads lists and where they go on")
    func lists() throws {
        let calls = try answer(200, #"{"calls":[\#(Self.call),\#(Self.call)],"next_page_uri":"/2010-04-01/x"}"#).calls()
        #expect(calls.items.map(\.id) == ["CA1", "CA1"])
        #expect(calls.next == "/2010-04-01/x")
        let empty = try answer(200, #"{"calls":[],"next_page_uri":null}"#).calls()
        #expect(empty.items.isEmpty && empty.next == nil)
        let number =
            #"{"sid":"PN1","phone_number":"+14155550199","voice_url":"https://a.b/v","voice_method":"POST","#
            + #""voice_fallback_url":"","status_callback":null,"voice_application_sid":"","trunk_sid":"TK1","#
            + #""capabilities":{"voice":true,"sms":false}}"#
        let numbers = try answer(200, #"{"incoming_phone_numbers":[\#(number)]}"#).phoneNumbers()
        let first = try #require(numbers.items.first)
        #expect(first == (try answer(200, number).phoneNumber()))
        #expect(first.id == "PN1" && first.number == "+14155550199" && first.takesCalls)
        #expect(first.voiceURL == "https://a.b/v" && first.voiceMethod == "POST")
        #expect(first.fallbackURL == nil && first.statusCallback == nil && first.application == nil)
        #expect(first.trunk == "TK1")
    }

    @Test(
        "Sorts failures by what to do about them; the code says more than the status",
        arguments: [
            (400, #"{"code":21211,"message":"Invalid","status":400}"#, nil, .permanent),
            (400, #"{"code":21220,"message":"x"}"#, nil, .gone),
            (404, #"{"code":20404,"message":"x"}"#, nil, .gone), (404, "", nil, .gone), (410, "", nil, .gone),
            (401, #"{"code":20003,"message":"x"}"#, nil, .credentials), (403, "", nil, .credentials),
            (400, #"{"code":10001,"message":"x"}"#, nil, .credentials),
            (429, #"{"code":20429,"message":"x"}"#, nil, .wait(nil)),
            (429, "", "7", .wait(.seconds(7))), (429, "", "Thu, 01 Jan 1970 00:01:00 GMT", .wait(.seconds(60))),
            (429, "", "soon", .wait(nil)), (400, #"{"code":10004,"message":"x"}"#, nil, .wait(nil)),
            (500, #"{"code":20500,"message":"x"}"#, nil, .retry),
            (502, "<html><body>Bad Gateway</body></html>", nil, .retry),
            (503, "", "2", .wait(.seconds(2))), (504, "", nil, .retry), (408, "", nil, .retry),
            (400, "{", nil, .permanent),
            (422, "", nil, .permanent), (301, "", nil, .permanent), (200, "not JSON", nil, .retry),
            (201, #"{"sid":7}"#, nil, .retry),
            (201, #"{"sid":"","status":"queued"}"#, nil, .retry), (400, #"{"code":"20429"}"#, nil, .wait(nil)),
        ] as [(Int, String, String?, TwilioFailure.Reason)])
    func reasons(status: Int, body: String, retryAfter: String?, reason: TwilioFailure.Reason) throws {
        let failure = try failure(status, body, retryAfter)
        #expect(failure.reason == reason)
        #expect(failure.httpStatus == status)
        #expect(failure.mayHaveActed == (status < 300 || status >= 500 || status == 408))
    }

    @Test("Keeps what Twilio said, in each of its formats, and the beginning of anything else")
    func words() throws {
        let old = try failure(
            400,
            #"{"code":21211,"message":"Invalid 'To' Phone Number: +1415","more_info":"https://t/21211","status":400}"#)
        #expect(old.twilioCode == 21211)
        #expect(old.detail.description == "Invalid 'To' Phone Number: +1415")
        #expect(old.moreInfo?.description == "https://t/21211")
        let number = try failure(400, #"{"code":21211,"message":"+14155550100 is not valid"}"#)
        #expect(number.detail.description == "+14•••0100 is not valid")
        let new = try failure(400, #"{"type":"https://x","title":"Bad","status":400,"code":20001,"detail":"No To"}"#)
        #expect(new.twilioCode == 20001 && new.detail.description == "No To" && new.moreInfo == nil)
        let title = try failure(400, #"{"type":"https://x","title":"Bad","status":400,"code":20001}"#)
        #expect(title.detail.description == "Bad")
        let page = try failure(502, "<html>\n" + String(repeating: "x", count: 1_000))
        #expect(page.twilioCode == nil && page.detail.description.hasPrefix(#"<html>\nxxx"#))
        #expect(page.detail.description.utf8.count <= PeerText.limit)
        #expect(CarrierError.refused(page).message.contains("Twilio answered 502: <html>"))
        #expect(CarrierError.refused(old).message.contains("Twilio answered 400, code 21211: Invalid"))
        #expect(CarrierError.refused(old).code == "carrier.refused")
    }

    private func answer(_ status: Int, _ body: String, _ retryAfter: String? = nil) -> TwilioAnswer {
        TwilioAnswer(
            httpStatus: status, body: Array(body.utf8), retryAfter: retryAfter, now: UTCTime(millisecondsSince1970: 0))
    }

    private func failure(_ status: Int, _ body: String, _ retryAfter: String? = nil) throws -> TwilioFailure {
        let error = #expect(throws: CarrierError.self) { try answer(status, body, retryAfter).call() }
        guard case .refused(let failure) = error else { throw Unexpected(status) }
        return failure
    }
}
