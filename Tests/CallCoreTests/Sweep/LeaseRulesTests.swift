import CallCore
import Testing
import Timeline

@Suite("Lease rules")
struct LeaseRulesTests {
    private let rules = LeaseRules()
    private let asked = Instant(nanoseconds: 1_000_000_000)

    @Test(
        "A lease holds for 30 s from the asking; a free lock ends it at once, and a lock that is held prolongs none",
        arguments: [
            (LeaseRules.Lock.held, 0, true), (.held, 29, true), (.held, 30, false), (.held, 60, false),
            (.missing, 29, true), (.missing, 30, false), (.free, 0, false), (.free, 29, false),
        ])
    func lock(_ lock: LeaseRules.Lock, seconds: Int, isAlive: Bool) {
        let until = asked.advanced(by: rules.length)
        let now = asked.advanced(by: .seconds(seconds))
        #expect(rules.isAlive(until: until, lock: lock, judgedSteadily: true, at: now) == isAlive)
    }

    @Test("Who was held up, too, takes only those for dead whose lock says so", arguments: [0, 29, 30, 1_000])
    func heldUp(seconds: Int) {
        let until = asked.advanced(by: rules.length)
        let now = asked.advanced(by: .seconds(seconds))
        for lock in [LeaseRules.Lock.held, .missing] {
            #expect(rules.isAlive(until: until, lock: lock, judgedSteadily: false, at: now))
        }
        #expect(!rules.isAlive(until: until, lock: .free, judgedSteadily: false, at: now))
    }

    @Test("A lease from before the host began anew holds nothing", arguments: [LeaseRules.Lock.held, .missing, .free])
    func host(_ lock: LeaseRules.Lock) {
        #expect(!rules.isAlive(until: nil, lock: lock, judgedSteadily: false, at: asked))
    }

    @Test("Two renewals may fail before a lease runs out")
    func renewal() {
        #expect(rules.renewal * 2 < rules.length && rules.renewal < rules.steadiness)
    }
}
