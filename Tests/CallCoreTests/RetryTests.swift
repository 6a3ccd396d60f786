import CallCore
import TestSupport
import Testing
import Timeline

@Suite("Retry schedule")
struct RetryScheduleTests {
    private let start = Instant(nanoseconds: 5_000_000_000)

    @Test(
        "The ceiling of the wait doubles up to its longest",
        arguments: zip(0...6, [250, 500, 1_000, 2_000, 4_000, 4_000, 4_000]))
    func ceilings(retry: Int, milliseconds: Int) {
        #expect(RetryRules(budget: .seconds(8)).delayCeiling(beforeRetry: retry) == .milliseconds(milliseconds))
    }

    @Test("A very late retry waits no longer than the longest", arguments: [63, 10_000, Int.max])
    func lateCeiling(retry: Int) {
        #expect(RetryRules(budget: .zero).delayCeiling(beforeRetry: retry) == .seconds(4))
        #expect(RetryRules(firstDelay: .zero, budget: .zero).delayCeiling(beforeRetry: retry) == .zero)
    }

    @Test("Three attempts are made, each wait between nothing and its ceiling")
    func waits() {
        var lowest = ConstantGenerator.lowest
        var highest = ConstantGenerator.highest
        #expect(waits(using: &lowest) == [.zero, .zero])
        #expect(waits(using: &highest) == [.milliseconds(250), .milliseconds(500)])
    }

    private func waits(using generator: inout some RandomNumberGenerator) -> [Duration] {
        var schedule = RetrySchedule(RetryRules(budget: .seconds(8)), from: start)
        var budget = RetryBudget()
        var waits: [Duration] = []
        while case .retry(let instant) = schedule.attemptFailed(
            .transient(retryAfter: nil), at: start, budget: &budget, using: &generator)
        {
            waits.append(start.duration(to: instant))
        }
        #expect(schedule.attempts == 3)
        return waits
    }

    @Test("What cannot get better is not tried again")
    func permanent() {
        var schedule = RetrySchedule(RetryRules(budget: .seconds(8)), from: start)
        var budget = RetryBudget()
        var generator = ConstantGenerator.lowest
        let decision = schedule.attemptFailed(.permanent, at: start, budget: &budget, using: &generator)
        #expect(decision == .giveUp(.permanentFailure))
        #expect(budget.available == 10)
    }

    @Test(
        "A wait that was asked for is kept in full when it ends inside the budget, else it is over at once",
        arguments: [(0, true), (7_999, true), (8_000, false), (3_600_000, false)])
    func retryAfter(milliseconds: Int, retried: Bool) {
        var generator = ConstantGenerator.highest
        var schedule = RetrySchedule(RetryRules(budget: .seconds(8)), from: start)
        var budget = RetryBudget()
        let decision = schedule.attemptFailed(
            .transient(retryAfter: .milliseconds(milliseconds)), at: start, budget: &budget, using: &generator)
        guard case .retry(let instant) = decision else {
            #expect(decision == .giveUp(.timeUsed))
            #expect(!retried)
            #expect(budget.available == 10)
            return
        }
        #expect(retried)
        #expect(instant >= start.advanced(by: .milliseconds(milliseconds)))
        #expect(instant < start.advanced(by: .seconds(8)))
    }

    @Test("The nearer of the operation's budget and the caller's deadline counts")
    func callersDeadline() {
        let deadline = Deadline.at(start.advanced(by: .seconds(1)))
        #expect(RetrySchedule(RetryRules(budget: .seconds(8)), from: start, within: deadline).deadline == deadline)
        #expect(
            RetrySchedule(RetryRules(budget: .milliseconds(1)), from: start, within: deadline).deadline
                == .at(start.advanced(by: .milliseconds(1))))
        #expect(RetrySchedule(RetryRules(budget: .zero), from: start).deadline == .never)
    }

    @Test("Whatever fails and whenever, no retry begins outside the budget and none beyond the attempts")
    func neverOutside() {
        var generator = Seeded(seed: 20_260_115)
        for _ in 0..<20_000 {
            let rules = RetryRules(
                attempts: Int.random(in: -1...6, using: &generator),
                firstDelay: .milliseconds(Int.random(in: -5...900, using: &generator)),
                longestDelay: .milliseconds(Int.random(in: 0...5_000, using: &generator)),
                budget: .milliseconds(Int.random(in: 1...9_000, using: &generator)))
            checkOneOperation(rules, using: &generator)
        }
    }

    private func checkOneOperation(_ rules: RetryRules, using generator: inout Seeded) {
        var schedule = RetrySchedule(rules, from: start)
        var budget = RetryBudget(capacity: 4)
        var now = start
        var retries = 0
        while true {
            now = now.advanced(by: .milliseconds(Int.random(in: 0...2_000, using: &generator)))
            let asked = Bool.random(using: &generator) ? Int.random(in: -100...3_000, using: &generator) : nil
            let decision = schedule.attemptFailed(
                .transient(retryAfter: asked.map { .milliseconds($0) }), at: now, budget: &budget, using: &generator)
            guard case .retry(let instant) = decision else { break }
            let floor = Duration.milliseconds(max(0, asked ?? 0))
            #expect(now.duration(to: instant) >= floor)
            #expect(now.duration(to: instant) <= floor + rules.delayCeiling(beforeRetry: retries))
            #expect(instant < start.advanced(by: rules.budget))
            retries += 1
            now = instant
        }
        #expect(retries < rules.attempts && retries <= 4)
        #expect(budget.available == 4 - retries)
    }
}

@Suite("Retry budget")
struct RetryBudgetTests {
    @Test("Ten retries are saved up; then one for every ten calls")
    func refill() {
        var budget = RetryBudget()
        for _ in 0..<10 { #expect(budget.takeRetry() == true) }
        #expect(budget.takeRetry() == false)
        for _ in 0..<9 { budget.callStarted() }
        #expect(budget.takeRetry() == false)
        budget.callStarted()
        #expect(budget.takeRetry() == true)
        #expect(budget.takeRetry() == false)
    }

    @Test("Quiet times save up no more than the capacity")
    func cap() {
        var budget = RetryBudget()
        for _ in 0..<1_000 { budget.callStarted() }
        #expect(budget.available == 10)
    }

    @Test("Under a lasting outage the retries stay at a tenth of the calls and the ten at the start")
    func outage() {
        var generator = Seeded(seed: 7)
        var budget = RetryBudget()
        var calls = 0
        var retries = 0
        for _ in 0..<50_000 {
            if Bool.random(using: &generator) {
                budget.callStarted()
                calls += 1
            } else if budget.takeRetry() {
                retries += 1
            }
            #expect(retries <= 10 + calls / 10)
        }
        #expect(retries > calls / 11)
    }

    @Test("With nothing saved up a schedule gives up at once")
    func empty() {
        var budget = RetryBudget(capacity: 0)
        var generator = ConstantGenerator.lowest
        var schedule = RetrySchedule(RetryRules(budget: .seconds(8)), from: .zero)
        let decision = schedule.attemptFailed(
            .transient(retryAfter: nil), at: .zero, budget: &budget, using: &generator)
        #expect(decision == .giveUp(.retriesUsed))
        #expect(schedule.attempts == 1)
    }
}
