import CallCore
import TestSupport
import Testing
import Timeline

/// Anything may happen at any time: what must hold then.
@Suite("Call machine: random walks")
struct CallMachineWalkTests {
    @Test("Whatever happens, a call ends by its own deadlines in exactly one final status", arguments: Seeded.seeds)
    func walks(seed: UInt64) {
        var seeds = Seeded(seed: seed)
        for _ in 0..<700 {
            var walk = Walk(seed: seeds.next())
            walk.run()
            #expect(walk.findings.isEmpty, "replay with PATCHBAY_SEED=\(seed)")
            guard walk.findings.isEmpty else { return }
        }
    }
}

/// One call to which facts happen by chance, each as likely in every state.
private struct Walk {
    private var generator: Seeded
    private var budget = RetryBudget()
    private var machine: CallMachine
    private let rules: CallRules
    private var now = Instant(nanoseconds: 1_000_000)
    private var lastFrame: Instant?
    private var actions: [CallAction] = []
    private var isFinished = false
    private(set) var findings: [String] = []

    init(seed: UInt64) {
        generator = Seeded(seed: seed)
        rules = Self.rules(&generator)
        let apology: [CallerStep] = Bool.random(using: &generator) ? [.say("Sorry."), .hangUp] : []
        machine = CallMachine(rules, apology: apology, at: now)
    }

    private static func rules(_ generator: inout Seeded) -> CallRules {
        var rules = CallRules.carrier(
            canOrder: Bool.random(using: &generator), ownsCall: Bool.random(using: &generator))
        rules.longest = [.seconds(14_400), .seconds(20)].randomElement(using: &generator)!
        // The settings that may be switched off, except the two that bound a call with nobody in it.
        if Int.random(in: 0..<8, using: &generator) == 0 { rules.tone = .zero }
        rules.hasStandIn = Bool.random(using: &generator)
        rules.standInAfter = [.zero, .seconds(2), .seconds(7)].randomElement(using: &generator)!
        if Int.random(in: 0..<8, using: &generator) == 0 { rules.upstreamAttempt = .zero }
        if Int.random(in: 0..<8, using: &generator) == 0 { rules.firstMedia = .zero }
        if Int.random(in: 0..<8, using: &generator) == 0 { rules.frameless = .zero }
        return rules
    }

    mutating func run() {
        for _ in 0..<60 {
            let longest = [0, 50, 1_000, 6_000].randomElement(using: &generator)!
            pass(.milliseconds(Int.random(in: 0...longest, using: &generator)))
            take(fact())
        }
        // From here on nothing happens but time.
        pass(.seconds(40_000))
        judge()
    }

    private mutating func pass(_ duration: Duration) {
        let end = now.advanced(by: duration)
        var turnsHere = 0
        while let due = machine.deadline.instant, due <= end {
            if due > now { turnsHere = 0 }
            now = max(now, due)
            take(machine.deadlineReached(lastFrame: lastFrame, at: now, budget: &budget, using: &generator))
            turnsHere += 1
            // A pause of no time, a dial, a question: a handful of steps may fall on one instant.
            guard turnsHere < 8 else {
                findings.append("spins at a deadline")
                return
            }
        }
        now = end
    }

    private mutating func take(_ new: [CallAction]) {
        isFinished = isFinished || new.contains { $0.isFinish }
        if machine.isOver != isFinished { findings.append("over without a status, or the other way round") }
        actions += new
        if !isFinished, machine.deadline == .never { findings.append("waits for ever") }
    }

    private mutating func judge() {
        let ends = actions.indices.filter { actions[$0].isFinish }
        if ends != [actions.count - 1] { findings.append("\(ends.count) final statuses, or one that is not last") }
        if case .finish(let reason) = actions.last {
            let decided = actions.compactMap { action in
                if case .decide(let decided) = action { decided } else { nil }
            }
            if decided.count > 1 || decided.contains(where: { $0 != reason }) { findings.append("decided otherwise") }
        }
        if actions.count(where: { $0 == .greet }) > 1 { findings.append("greets twice") }
        if actions.count(where: { $0 == .openUpstream }) != actions.count(where: { $0 == .greet }) {
            findings.append("greets without an upstream")
        }
        judgeTone()
        judgeUpstream()
    }

    private mutating func judgeTone() {
        var isSounding = false
        for action in actions {
            if action == .startTone {
                if isSounding { findings.append("starts the tone twice") }
                isSounding = true
            } else if action == .stopTone {
                if !isSounding { findings.append("stops a tone that does not sound") }
                isSounding = false
            }
        }
        if isSounding { findings.append("leaves the tone on") }
    }

    private mutating func judgeUpstream() {
        var isDialled = false
        var dials = 0
        var isStandInDialled = false
        var standInDials = 0
        for action in actions {
            switch action {
            case .dialUpstream(let attempt):
                dials += 1
                if isDialled || attempt != dials { findings.append("dials over an upstream") }
                isDialled = true
            case .dropUpstream: isDialled = false
            case .dialStandIn(let attempt):
                standInDials += 1
                if isStandInDialled || attempt != standInDials { findings.append("dials over the one that stands in") }
                isStandInDialled = true
            case .dropStandIn: isStandInDialled = false
            case .switchToStandIn:
                if !isStandInDialled { findings.append("switches to one that is gone") }
                (isDialled, isStandInDialled) = (true, false)
            case .openUpstream:
                if !isDialled { findings.append("opens an upstream that is gone") }
            default: break
            }
        }
        if dials > 3 || standInDials > 3 { findings.append("dials \(dials) and \(standInDials) times") }
        if isStandInDialled { findings.append("leaves the one that stands in") }
        if standInDials > 0, !rules.hasStandIn { findings.append("dials one that is not there") }
    }

    // MARK: what happens

    private mutating func fact() -> [CallAction] {
        let instant = [nil, now, now.advanced(by: .seconds(3))].randomElement(using: &generator)!
        switch Int.random(in: 0..<26, using: &generator) {
        case 0..<4: return machine.started(at: now)
        case 4, 5: return machine.upstreamReady(at: now)
        case 6: return fail(.permanent)
        case 7, 8: return fail(.transient(retryAfter: instant.map { now.duration(to: $0) }))
        case 9: return machine.upstreamFinished(endOfPlayout: instant, at: now)
        case 10: return machine.farewellAsked(at: now)
        case 11: return machine.responseEnded(endOfPlayout: instant, at: now)
        case 12: return machine.playoutEnded(at: now)
        case 13: return machine.callerSpoke(at: now)
        case 14: return machine.carrierAnswered(nil, at: now)
        case 15: return machine.carrierAnswered(CallStatus.allCases.randomElement(using: &generator), at: now)
        case 16: return machine.carrierObeyed(Bool.random(using: &generator), at: now)
        case 17: return machine.standInReady(at: now)
        case 18, 19:
            let failure = instant == nil ? AttemptFailure.permanent : .transient(retryAfter: nil)
            return machine.standInFailed(failure, at: now, budget: &budget, using: &generator)
        default: return rareFact()
        }
    }

    private mutating func rareFact() -> [CallAction] {
        lastFrame = now
        // What ends a call comes seldom, so that walks get far.
        guard Int.random(in: 0..<8, using: &generator) == 0 else { return [] }
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: return machine.carrierEnded(.seen(.stop), at: now)
        case 1: return machine.carrierEnded(.seen(.lost), at: now)
        case 2: return machine.carrierEnded(Bool.random(using: &generator) ? .silent : .violation, at: now)
        case 3: return machine.nodeEnds()
        case 4: return machine.hangUpAsked(.apiHangup, saying: [.say("Bye.")], at: now)
        default: return machine.startRefused(.protocolError, saying: "", at: now)
        }
    }

    private mutating func fail(_ failure: AttemptFailure) -> [CallAction] {
        machine.upstreamFailed(failure, at: now, budget: &budget, using: &generator)
    }
}

extension CallAction {
    fileprivate var isFinish: Bool {
        if case .finish = self { true } else { false }
    }
}
