import Testing

@testable import PracticeKit

@Suite("The practice carrier")
struct PracticeCarrierTests {
    @Test(
        "A fault is read as it is typed",
        arguments: [
            ("status=429@create*2", CarrierFault.Kind.status(429), CarrierFault.Operation.create, 2),
            ("html", .html(502), nil, nil), ("hang@fetch", .hang, .fetch, nil), ("lost-answer*1", .lostAnswer, nil, 1),
            ("late=500ms@update", .late(.milliseconds(500)), .update, nil),
            ("lose-callback=completed", .callbacks(.lost(event: "completed")), nil, nil),
            ("lose-callback", .callbacks(.lost(event: nil)), nil, nil),
        ] as [(String, CarrierFault.Kind, CarrierFault.Operation?, Int?)])
    func faults(text: String, kind: CarrierFault.Kind, operation: CarrierFault.Operation?, times: Int?) throws {
        let fault = try CarrierFault(text)
        #expect(fault.kind == kind)
        #expect(fault.operation == operation)
        #expect(fault.times == times)
    }

    @Test(
        "What is no fault is refused",
        arguments: [
            "", "status", "status=200", "hang=1", "hang@dial", "hang*0", "hang*x", "late=x", "lose-callback=busy",
        ])
    func wrongFaults(text: String) {
        #expect(throws: PracticeError.self) { try CarrierFault(text) }
    }

    @Test("The example of each fault in the help can be typed")
    func examples() {
        for form in CarrierFault.forms {
            #expect(throws: Never.self) { try CarrierFault(form.example) }
        }
    }

    @Test(
        "Callbacks leave in the order that the faults want, each with the number under which it was fired",
        arguments: [
            ([], ["0", "1", "2"]), ([.twice], ["0", "0", "1", "1", "2", "2"]), ([.reordered], ["1", "0", "2"]),
            ([.lost(event: "ringing")], ["0", "2"]), ([.lost(event: nil)], []),
            ([.reordered, .twice], ["1", "1", "0", "0", "2", "2"]),
            ([.reordered, .lost(event: "initiated")], ["2", "1"]),
        ] as [([CallbackFault], [String])])
    func callbacks(faults: [CallbackFault], numbers: [String]) {
        var plan = CallbackPlan(faults)
        let events = ["initiated", "ringing", "completed"]
        let posts = events.flatMap { plan.fire(["CallStatus": $0], event: $0, isLast: $0 == "completed") }
        #expect(posts.map { $0.form["SequenceNumber"] } == numbers)
    }

    @Test("Nothing that was held back stays behind, however few callbacks there are", arguments: 1...4)
    func heldBack(count: Int) {
        var plan = CallbackPlan([.reordered])
        let posts = (1...count).flatMap { plan.fire(["Place": "\($0)"], event: "ringing", isLast: $0 == count) }
        #expect(Set(posts.map { $0.form["Place"] }) == Set((1...count).map { "\($0)" }))
    }

    @Test(
        "Events that were asked for in one value, or by a status, leave the call at its beginning",
        arguments: [
            ([], ["completed"]), (["initiated", "answered"], ["initiated", "answered"]),
            (["initiated ringing"], ["initiated"]), (["busy"], ["initiated"]), (["busy", "completed"], ["completed"]),
        ] as [([String], Set<String>)])
    func events(wanted: [String], told: Set<String>) {
        #expect(CallEvents.told(of: wanted) == told)
    }

    @Test("A callee is what its words say")
    func callee() throws {
        var callee = Callee()
        for word in ["busy", "ring=2s", "machine=fax", "detection=100ms", "fault=hang@create"] {
            try callee.apply(word)
        }
        #expect(callee.outcome == .busy)
        #expect(callee.ring == .seconds(2))
        #expect(callee.answeredBy == "fax")
        #expect(callee.detection == .milliseconds(100))
        #expect(callee.faults.map(\.kind) == [.hang])
        for wrong in ["sings", "ring", "ring=x", "machine=dog", "refuse", "fault=x"] {
            #expect(throws: PracticeError.self) { try callee.apply(wrong) }
        }
    }
}
