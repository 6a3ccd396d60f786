import CallCore
import JSONWire
import Testing
import Timeline
import Wording

@Suite("Call record")
struct CallRecordTests {
    private static func time(_ seconds: Int64) -> UTCTime {
        UTCTime(millisecondsSince1970: 1_768_473_000_000 + seconds * 1_000)
    }

    private static func record(_ status: CallStatus = .ringing) -> CallRecord {
        CallRecord(
            id: CallID(at: time(0), random: (1, 2)), providerCallID: "CA1", direction: .inbound, status: status,
            from: PhoneNumber("+15550001111"), to: PhoneNumber("+15550002222"), createdAt: time(0))
    }

    @Test("The first ending stays, with its reason, its error and its time")
    func firstEndingStays() {
        var record = Self.record(.inProgress)
        var end = CallChange(at: Self.time(10), .finish(.upstreamFailed))
        end.failure = CallRecord.Failure(code: "upstream.lost", message: "gone")
        #expect(record.apply(end) == .finished(.upstreamFailed))
        let frozen = record
        var late = CallChange(at: Self.time(20), .finish(.callerHangup))
        late.failure = CallRecord.Failure(code: "other", message: "other")
        #expect(record.apply(late) == .outOfOrder)
        #expect(record.apply(CallChange(at: Self.time(20), .carrier(.completed))) == .outOfOrder)
        #expect(record.apply(CallChange(at: Self.time(20), .carrier(.failed))) == .duplicate)
        #expect(record.apply(CallChange(at: Self.time(20), .advance(to: .ringing))) == .outOfOrder)
        #expect(record.apply(CallChange(at: Self.time(20), .decide(.agentHangup))) == .outOfOrder)
        #expect(record == frozen)
        #expect(record.duration == .seconds(10))
    }

    @Test("What the carrier knows, usage and disposition are still taken after the end")
    func filledLater() {
        var record = Self.record(.inProgress)
        _ = record.apply(CallChange(at: Self.time(10), .finish(.agentHangup)))
        var change = CallChange(at: Self.time(60), .carrier(.completed))
        change.carrier = CallRecord.Carrier(status: "completed", duration: .seconds(11))
        change.disposition = "booked"
        #expect(record.apply(change) == .duplicate)
        var price = CallChange(at: Self.time(90))
        price.carrier = CallRecord.Carrier(price: "-0.01")
        #expect(record.apply(price) == .none)
        #expect(record.endReason == .agentHangup)
        #expect(record.carrier == CallRecord.Carrier(status: "completed", duration: .seconds(11), price: "-0.01"))
        #expect(record.disposition == "booked")
    }

    @Test(
        "An ending that the bridge decided wins over the carrier's, whichever of them is written",
        arguments: CallStatus.allCases)
    func decided(reported: CallStatus) {
        var record = Self.record(.inProgress)
        #expect(record.apply(CallChange(at: Self.time(5), .decide(.upstreamFailed))) == .decided(.upstreamFailed))
        #expect(record.status == .inProgress && record.endReason == nil)
        let effect = record.apply(CallChange(at: Self.time(6), .carrier(reported)))
        if reported.isFinal {
            #expect(effect == .finished(.upstreamFailed))
            #expect(record.status == .failed && record.endReason == .upstreamFailed)
        } else {
            #expect(effect == (reported == .inProgress ? .duplicate : .outOfOrder))
            #expect(record.apply(CallChange(at: Self.time(7), .finish(.callerHangup))) == .finished(.upstreamFailed))
        }
    }

    @Test(
        "Without a decision the carrier's final status ends the call",
        arguments: [
            (CallStatus.completed, EndReason.callerHangup), (.busy, .busy), (.noAnswer, .noAnswer),
            (.canceled, .canceled), (.failed, .carrierFailed),
        ])
    func carrierEnds(reported: CallStatus, reason: EndReason) {
        var record = Self.record()
        #expect(record.apply(CallChange(at: Self.time(3), .carrier(reported))) == .finished(reason))
        #expect(record.status == reported && record.endReason == reason && record.endedAt == Self.time(3))
    }

    @Test("The answer is when the call was first in progress, and an ending is never before it")
    func times() {
        var record = Self.record()
        #expect(record.apply(CallChange(at: Self.time(2), .advance(to: .inProgress))) == .advanced(to: .inProgress))
        #expect(record.apply(CallChange(at: Self.time(4), .carrier(.inProgress))) == .duplicate)
        #expect(record.answeredAt == Self.time(2))
        _ = record.apply(CallChange(at: Self.time(1), .finish(.callerHangup)))
        #expect(record.endedAt == Self.time(2) && record.duration == .zero)
    }

    @Test("A final status is written with a reason, not as a step")
    func stepsAreNotFinal() {
        var record = Self.record()
        #expect(record.apply(CallChange(at: Self.time(2), .advance(to: .completed))) == .outOfOrder)
        #expect(record.status == .ringing)
    }

    @Test("Its JSON has every member of the API's shape, in order, null where nothing is known")
    func json() throws {
        var record = Self.record(.inProgress)
        record.agent = "default"
        var json = JSONWriter()
        JSONValue.object(record.json).write(to: &json)
        let expected =
            #"{"id":"\#(record.id)","provider":"twilio","provider_call_id":"CA1","stream_id":null,"#
            + #""direction":"inbound","from":"+15550001111","to":"+15550002222","agent":"default","upstream":null,"#
            + #""node":null,"metadata":{},"variables":{},"status":"in-progress","end_reason":null,"error":null,"#
            + #""created_at":"2026-01-15T10:30:00.000Z","answered_at":"2026-01-15T10:30:00.000Z","ended_at":null,"#
            + #""duration_s":null,"carrier_status":null,"carrier_duration_s":null,"answered_by":null,"#
            + #""sip_code":null,"price":null,"disposition":null,"usage":null,"quality":null,"tools":[]}"#
        #expect(json.text == expected)
    }
}
