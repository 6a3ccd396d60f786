import CallCore
import CarrierWire
import Testing
import Timeline
import Wording

@Suite("Twilio webhooks")
struct TwilioWebhookTests {
    @Test("Reads an incoming call and keeps what it does not know")
    func voice() throws {
        let request = try TwilioVoiceRequest(
            form(
                "CallSid=CA1&AccountSid=AC1&From=%2B14155550100&To=%2B14155550199&CallStatus=ringing&Direction=inbound"
                    + "&ForwardedFrom=&FromCity=S%C3%83O+PAULO&StirVerstat=TN-Validation-Passed-A&Brand%20New=1"))
        #expect(request.call.call == "CA1")
        #expect(request.call.account == "AC1")
        #expect(request.call.from == PhoneNumber("+14155550100"))
        #expect(request.call.to == PhoneNumber("+14155550199"))
        #expect(request.call.status == .ringing)
        #expect(request.call.direction == .inbound)
        #expect(request.call.parentCall == nil)
        #expect(request.forwardedFrom == nil)
        #expect(request.form["FromCity"] == "SÃO PAULO")
        #expect(request.form["Brand New"] == "1")
    }

    @Test(
        "Takes callers without a number as they are named",
        arguments: ["anonymous", "client:alice", "sip:bob@example.com", "+266696687", ""])
    func withheld(from: String) throws {
        let request = try TwilioVoiceRequest(form("CallSid=CA1&From=\(from.replacing("+", with: "%2B"))"))
        #expect(request.call.from == (from.isEmpty ? nil : PhoneNumber(from)))
        #expect(request.call.to == nil)
    }

    @Test("Reads a terminal status")
    func status() throws {
        let callback = try TwilioStatusCallback(
            form(
                "CallSid=CA1&CallStatus=completed&CallDuration=49&Duration=1&SequenceNumber=3&SipResponseCode=200"
                    + "&CallbackSource=call-progress-events&Timestamp=Fri%2C+20+Nov+2026+04%3A19%3A07+%2B0000"
                    + "&Direction=outbound-api&AnsweredBy=machine_end_beep&ParentCallSid=CA0"))
        #expect(callback.call.status == .completed)
        #expect(callback.call.direction == .outbound)
        #expect(callback.call.parentCall == "CA0")
        #expect(callback.duration == .seconds(49))
        #expect(callback.sequence == 3)
        #expect(callback.sipCode == 200)
        #expect(callback.time?.description == "2026-11-20T04:19:07.000Z")
        #expect(callback.answeredBy == .machineEndBeep)
        #expect(callback.answeredBy?.isMachine == true)
        #expect(callback.identity == "CA1/completed/3")
    }

    @Test(
        "A report that is odd in its details still counts",
        arguments: [
            "CallSid=CA1&CallStatus=moved",
            "CallSid=CA1&CallStatus=busy&SequenceNumber=-1&CallDuration=1.5&Timestamp=now",
            "CallSid=CA1&CallStatus=busy&SequenceNumber=99999999999999999999&AnsweredBy=alien&Direction=sideways",
        ])
    func oddStatus(body: String) throws {
        let callback = try TwilioStatusCallback(form(body))
        #expect(callback.call.status == (body.contains("moved") ? nil : .busy))
        #expect(callback.sequence == nil && callback.duration == nil && callback.time == nil)
        #expect(callback.answeredBy == nil && callback.call.direction == nil)
    }

    @Test(
        "Reads what Twilio says of a stream",
        arguments: [
            ("stream-started", .started), ("stream-stopped", .stopped), ("stream-error", .failed),
            ("stream-paused", .unknown(PeerText("stream-paused"))),
        ] as [(String, TwilioStreamCallback.Event)])
    func stream(word: String, event: TwilioStreamCallback.Event) throws {
        let callback = try TwilioStreamCallback(
            form(
                "CallSid=CA1&StreamSid=MZ1&StreamName=pb-1&StreamEvent=\(word)&StreamError=bad%0Athing"
                    + "&Timestamp=2026-11-20T04%3A19%3A07.5Z"))
        #expect(callback.event == event)
        #expect(callback.call == "CA1" && callback.stream == "MZ1" && callback.name == "pb-1")
        #expect(callback.error?.description == #"bad\nthing"#)
        #expect(callback.time?.description == "2026-11-20T04:19:07.500Z")
        #expect(callback.identity == "MZ1/\(word)/2026-11-20T04:19:07.5Z")
    }

    @Test("Knows the end of a bridge from the end of a transfer")
    func connectEnded() throws {
        let bridge = try TwilioConnectEnded(form("CallSid=CA1&CallStatus=in-progress"))
        #expect(bridge.dial == nil)
        #expect(bridge.call.status == .inProgress)
        let dial = try TwilioConnectEnded(
            form("CallSid=CA1&CallStatus=in-progress&DialCallStatus=no-answer&DialCallSid=CA2&DialCallDuration=7")
        ).dial
        #expect(dial?.outcome == .noAnswer)
        #expect(dial?.call == "CA2")
        #expect(dial?.duration == .seconds(7))
        let odd = try TwilioConnectEnded(form("CallSid=CA1&DialCallStatus=exploded")).dial
        #expect(odd != nil && odd?.outcome == nil)
    }

    @Test(
        "Reads the result of answering-machine detection",
        arguments: [
            ("human", .human, false), ("machine_start", .machineStart, true), ("fax", .fax, false),
            ("robot", .unknown, false),
        ] as [(String, AnsweredBy, Bool)])
    func detection(word: String, answeredBy: AnsweredBy, isMachine: Bool) throws {
        let detection = try TwilioMachineDetection(
            form("CallSid=CA1&AccountSid=AC1&AnsweredBy=\(word)&MachineDetectionDuration=2450"))
        #expect(detection.answeredBy == answeredBy)
        #expect(detection.answeredBy.isMachine == isMachine)
        #expect(detection.took == .milliseconds(2_450))
    }

    @Test(
        "Names the parameter that is missing or cannot be",
        arguments: [
            ("", .missingParameter("CallSid")), ("CallSid=", .missingParameter("CallSid")),
            ("CallSid=CA+1", .invalidParameter("CallSid")), ("CallSid=%C3%A9", .invalidParameter("CallSid")),
            ("CallSid=\(String(repeating: "C", count: 129))", .invalidParameter("CallSid")),
            ("CallSid=CA1&AccountSid=A%00", .invalidParameter("AccountSid")),
        ] as [(String, CarrierError)])
    func wrong(body: String, error: CarrierError) throws {
        let form = try form(body)
        #expect(throws: error) { try TwilioVoiceRequest(form) }
        #expect(throws: error) { try TwilioStatusCallback(form) }
        #expect(throws: error) { try TwilioStreamCallback(form) }
        #expect(throws: error) { try TwilioConnectEnded(form) }
        #expect(throws: error) { try TwilioMachineDetection(form) }
    }

    @Test("Wants the parameter that each webhook is about")
    func subject() throws {
        let form = try form("CallSid=CA1&StreamSid=MZ1")
        #expect(throws: CarrierError.missingParameter("CallStatus")) { try TwilioStatusCallback(form) }
        #expect(throws: CarrierError.missingParameter("StreamEvent")) { try TwilioStreamCallback(form) }
        #expect(throws: CarrierError.missingParameter("AnsweredBy")) { try TwilioMachineDetection(form) }
    }

    private func form(_ body: String) throws(CarrierError) -> WebForm {
        try WebForm(parsing: Array(body.utf8).span)
    }
}
