import CallCore
import JSONWire
import Testing
import Timeline
import Wording

@Suite("Call event")
struct CallEventTests {
    private static let call = CallID(at: UTCTime(millisecondsSince1970: 1_768_473_000_000), random: (1, 2))

    @Test("An event says when, of which call, what, by whom, and its facts")
    func json() {
        let happening = CallHappening.functionCallError(
            name: "get_slots", call: "c1", error: "timed out", arguments: .object(JSONObject()))
        let event = CallEvent(
            at: UTCTime(millisecondsSince1970: 1_768_473_000_000), call: Self.call, component: "tools", happening)
        var json = JSONWriter()
        JSONValue.object(event.json).write(to: &json)
        let expected =
            #"{"at":"2026-01-15T10:30:00.000Z","call":"\#(Self.call)","type":"function_call.error","#
            + #""component":"tools","data":{"name":"get_slots","call_id":"c1","error":"timed out","arguments":{}}}"#
        #expect(json.text == expected)
    }

    @Test("The digits that a caller pressed are counted and not told: they may be a card's")
    func digits() {
        #expect(CallHappening.dtmf(count: 4).data == JSONObject([.init(name: "digits", value: .integer(4))]))
    }

    @Test("The final event tells status and reason")
    func final() {
        let data = CallHappening.callFinal(.noStart).data
        #expect(data["status"] == .string("failed") && data["end_reason"] == .string("no-start"))
    }
}

@Suite("Call quality")
struct CallQualityTests {
    @Test(
        "Latencies are ranked, not averaged",
        arguments: [
            ([7], (7, 7, 7)), ([3, 1, 2], (1, 2, 3)), ([4, 3, 2, 1], (1, 2, 4)), (Array(1...100), (1, 50, 95)),
        ])
    func ranks(milliseconds: [Int], expected: (Int, Int, Int)) {
        let latencies = CallQuality.Latencies(of: milliseconds)
        #expect(latencies == .init(minimum: expected.0, median: expected.1, p95: expected.2))
    }

    @Test("Of no turn there is no latency")
    func none() {
        #expect(CallQuality.Latencies(of: []) == nil)
    }
}
