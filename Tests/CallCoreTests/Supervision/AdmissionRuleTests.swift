import CallCore
import Testing
import Timeline

@Suite("Admission rule")
struct AdmissionRuleTests {
    private func reading(
        calls: Int = 100, loops: Int = 1, lag: Int = 1, memory: Double? = 0.5, busy: Double? = nil
    ) -> AdmissionRule.Reading {
        AdmissionRule.Reading(
            calls: calls, loops: loops, lag: .milliseconds(lag), memory: memory, busy: busy)
    }

    private func at(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64(seconds * 1e9)) }

    @Test(
        "It closes at 10 ms of lag or 85 % of the memory, and not before",
        arguments: [
            (0, 0.5, nil), (9, 0.849, nil), (10, 0.5, .lag), (500, 0.5, .lag), (0, 0.85, .memory), (0, 1.2, .memory),
            (99, 0.99, .memory), (9, nil, nil), (10, nil, .lag),
        ] as [(Int, Double?, AdmissionRule.Cause?)])
    func closes(lag: Int, memory: Double?, cause: AdmissionRule.Cause?) {
        var rule = AdmissionRule()
        rule.take(reading(lag: lag, memory: memory), at: at(0))
        #expect(rule.cause == cause)
        #expect(rule.isOpen == (cause == nil))
    }

    @Test(
        "Lag that so few calls cannot have made turns nobody away; too little memory always does",
        arguments: [(7, 1, true), (8, 1, false), (15, 2, true), (16, 2, false), (0, 4, true)])
    func fewCalls(calls: Int, loops: Int, isOpen: Bool) {
        var rule = AdmissionRule()
        rule.take(reading(calls: calls, loops: loops, lag: 50), at: at(0))
        #expect(rule.isOpen == isOpen)
        rule.take(reading(calls: calls, loops: loops, memory: 0.9), at: at(1))
        #expect(rule.cause == .memory)
    }

    @Test("It opens again after five calm seconds, and one bad second begins them anew")
    func opens() {
        var rule = AdmissionRule()
        rule.take(reading(lag: 12), at: at(0))
        for second in 1...5 { rule.take(reading(lag: 4), at: at(Double(second))) }
        #expect(!rule.isOpen)
        rule.take(reading(lag: 7), at: at(6))
        #expect(!rule.isOpen, "in between is not calm")
        for second in 7...11 {
            rule.take(reading(lag: 4), at: at(Double(second)))
            #expect(!rule.isOpen)
        }
        rule.take(reading(lag: 4), at: at(12))
        #expect(rule.isOpen)
    }

    @Test("While it is open what lies between the two limits changes nothing", arguments: [(9, 0.84), (6, 0.82)])
    func between(lag: Int, memory: Double) {
        var rule = AdmissionRule()
        rule.take(reading(lag: lag, memory: memory), at: at(0))
        #expect(rule.isOpen)
        rule.take(reading(memory: 0.86), at: at(1))
        for second in 2...30 { rule.take(reading(lag: lag, memory: memory), at: at(Double(second))) }
        #expect(!rule.isOpen)
    }

    @Test("It opens for those who come when its calls have gone, however late its loop is")
    func emptied() {
        var rule = AdmissionRule()
        rule.take(reading(lag: 50), at: at(0))
        for second in 1...6 { rule.take(reading(calls: 3, lag: 50), at: at(Double(second))) }
        #expect(rule.isOpen)
    }

    @Test(
        "Its capacity is reckoned from what a loop's calls take of its time, and is never below what it holds",
        arguments: [(100, 0.4, 200), (100, 0.1, 800), (100, 0.95, 100), (3, 0.1, nil)] as [(Int, Double, Int?)])
    func capacity(calls: Int, busy: Double, expected: Int?) {
        var rule = AdmissionRule()
        rule.take(reading(calls: calls, busy: busy), at: at(0))
        #expect(rule.capacity == expected)
    }

    @Test("Once it is full its capacity is what it held then")
    func fullCapacity() {
        var rule = AdmissionRule()
        rule.take(reading(calls: 400, busy: 0.5), at: at(0))
        rule.take(reading(calls: 500, lag: 20, busy: 0.99), at: at(1))
        rule.take(reading(calls: 480, lag: 20, busy: 0.99), at: at(2))
        #expect(rule.capacity == 500)
    }
}
