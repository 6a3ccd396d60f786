import CallCore
import Timeline

/// A machine, a clock that the test alone moves, and all that the machine asked for.
struct MachineProbe {
    struct Step: Hashable {
        let milliseconds: Int
        let action: CallAction

        init(_ milliseconds: Int, _ action: CallAction) {
            self.milliseconds = milliseconds
            self.action = action
        }
    }

    static let apology: [CallerStep] = [.say("Sorry."), .hangUp]

    var machine: CallMachine
    var now = Instant.zero
    var budget = RetryBudget()
    /// Every wait before a retry is as long as it may be.
    var generator = ConstantGenerator.highest
    var lastFrame: Instant?
    /// Frames come all the time.
    var hasFrames = false
    var steps: [Step] = []

    init(_ rules: CallRules = CallRules()) {
        machine = CallMachine(rules, apology: Self.apology, at: now)
    }

    /// The caller is on the line since zero.
    static func started(_ rules: CallRules = CallRules()) -> MachineProbe {
        var probe = MachineProbe(rules)
        probe.hasFrames = true
        probe.tell { $0.started(at: $1) }
        return probe
    }

    /// The agent is on the line, too; what led there is forgotten.
    static func talking(_ rules: CallRules = CallRules()) -> MachineProbe {
        var probe = started(rules)
        probe.tell { $0.upstreamReady(at: $1) }
        probe.steps = []
        return probe
    }

    @discardableResult
    mutating func tell(_ fact: (inout CallMachine, Instant) -> [CallAction]) -> [CallAction] {
        note(fact(&machine, now))
    }

    @discardableResult
    mutating func fail(_ failure: AttemptFailure) -> [CallAction] {
        note(machine.upstreamFailed(failure, at: now, budget: &budget, using: &generator))
    }

    /// Lets so much time pass, and every deadline on the way be met.
    mutating func pass(_ duration: Duration) {
        let end = now.advanced(by: duration)
        var turns = 0
        while let due = machine.deadline.instant, due <= end, turns < 100 {
            now = max(now, due)
            if hasFrames { lastFrame = now }
            note(machine.deadlineReached(lastFrame: lastFrame, at: now, budget: &budget, using: &generator))
            turns += 1
        }
        now = end
    }

    /// Lets time pass until the machine wants nothing more, and returns how it ended.
    mutating func passToEnd() -> EndReason? {
        pass(.seconds(100_000))
        return finished
    }

    @discardableResult
    private mutating func note(_ actions: [CallAction]) -> [CallAction] {
        let time = Int(Instant.zero.nanoseconds(to: now) / 1_000_000)
        steps += actions.map { Step(time, $0) }
        return actions
    }

    var finished: EndReason? {
        if case .finish(let reason) = steps.last?.action { reason } else { nil }
    }

    /// When something was asked for first.
    func time(of action: CallAction) -> Int? { steps.first { $0.action == action }?.milliseconds }

    var dials: [Int] {
        steps.compactMap { step in
            if case .dialUpstream = step.action { step.milliseconds } else { nil }
        }
    }
}

extension CallRules {
    static func carrier(canOrder: Bool, ownsCall: Bool) -> CallRules {
        var rules = CallRules()
        rules.canOrder = canOrder
        rules.ownsCall = ownsCall
        return rules
    }
}
