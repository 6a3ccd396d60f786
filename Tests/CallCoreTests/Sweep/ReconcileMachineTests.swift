import CallCore
import Testing
import Timeline

@Suite("Reconcile machine")
struct ReconcileMachineTests {
    private static let causes: [ReconcileMachine.Cause] = [
        .nodeLost, .noStream(isOurs: true), .noStream(isOurs: false), .noSession,
    ]
    private static let finals: [CallStatus] = [.completed, .busy, .noAnswer, .canceled, .failed]
    private static let live: [CallStatus] = [.queued, .initiated, .ringing, .inProgress]

    private static func at(_ seconds: Double) -> Instant {
        Instant(nanoseconds: 7_000_000_000).advanced(by: .milliseconds(Int(seconds * 1_000)))
    }

    private func asking(_ cause: ReconcileMachine.Cause, openFor: Duration = .zero) -> ReconcileMachine {
        var machine = ReconcileMachine(cause, SweepRules(), at: Self.at(0), openFor: openFor)
        #expect(machine.deadlineReached(hasSession: false, at: Self.at(0)) == .askCarrier)
        return machine
    }

    /// Answers every question the same way until something else than a question comes, and tells when that was.
    private func run(
        _ machine: inout ReconcileMachine, answering answer: ReconcileMachine.Answer, obeyed: Bool = true,
        until limit: Double = 20_000
    ) -> (action: ReconcileMachine.Action, seconds: Double, questions: Int) {
        var now = Self.at(0)
        var questions = 0
        while case let seconds = Self.at(0).duration(to: now).inSeconds, seconds < limit {
            var action = machine.deadlineReached(hasSession: false, at: now)
            if action == .askCarrier {
                questions += 1
                action = machine.answered(answer, at: now)
            }
            if case .hangUp = action { action = machine.hungUp(obeyed, at: now) }
            if action != .wait { return (action, seconds, questions) }
            guard let next = machine.deadline.instant else { break }
            now = next
        }
        return (.wait, limit, questions)
    }

    @Test("The carrier's final status is taken, whatever the cause", arguments: causes, finals)
    func final(_ cause: ReconcileMachine.Cause, _ status: CallStatus) {
        var machine = asking(cause)
        #expect(machine.answered(.status(status), at: Self.at(0.1)) == .take(status))
        #expect(machine.isOver && !machine.isUnreconciled)
    }

    @Test("A caller who was told to come back has until then, whatever the carrier says meanwhile")
    func offered() {
        var machine = asking(.nodeLost)
        let isOffered = machine.resumptionOffered(until: Self.at(19))
        #expect(isOffered)
        #expect(machine.answered(.unknownCall, at: Self.at(1)) == .wait)
        #expect(machine.deadlineReached(hasSession: false, at: Self.at(18.9)) == .wait)
        var back = machine
        #expect(back.deadlineReached(hasSession: true, at: Self.at(19)) == .leave)
        #expect(machine.deadlineReached(hasSession: false, at: Self.at(19)) == .hangUp(.nodeLost))
        let isOfferedLate = machine.resumptionOffered(until: Self.at(40))
        #expect(!isOfferedLate, "the order is on its way")
    }

    @Test("A caller is told to come back three times at most, and only when a node was lost")
    func offers() {
        var machine = asking(.nodeLost)
        let offers = (1...4).map { _ in machine.resumptionOffered(until: Self.at(19)) }
        #expect(offers == [true, true, true, false])
        for cause in Self.causes where cause != .nodeLost {
            var other = asking(cause)
            let isOffered = other.resumptionOffered(until: Self.at(19))
            #expect(!isOffered)
        }
    }

    @Test("Live at the carrier and not resumed: hung up 5 s after the claim, then node-lost", arguments: live)
    func notResumed(_ status: CallStatus) {
        var machine = asking(.nodeLost)
        #expect(machine.answered(.status(status), at: Self.at(0.1)) == .wait)
        #expect(machine.deadline == .at(Self.at(5)))
        #expect(machine.deadlineReached(hasSession: false, at: Self.at(4.9)) == .wait)
        #expect(machine.deadlineReached(hasSession: false, at: Self.at(5)) == .hangUp(.nodeLost))
        #expect(machine.hungUp(true, at: Self.at(5.2)) == .finish(.nodeLost, .notResumed))
    }

    @Test("Live at the carrier and resumed: the same record goes on")
    func resumed() {
        var machine = asking(.nodeLost)
        _ = machine.answered(.status(.inProgress), at: Self.at(0.1))
        #expect(machine.deadlineReached(hasSession: true, at: Self.at(5)) == .leave)
        #expect(machine.isOver)
    }

    @Test("An answer that took longer than the caller may take to come back ends the call at once")
    func lateAnswer() {
        var machine = asking(.nodeLost)
        #expect(machine.answered(.status(.inProgress), at: Self.at(6)) == .hangUp(.nodeLost))
    }

    @Test("A call that the carrier will not end is asked about again")
    func disobeyed() {
        var machine = asking(.nodeLost)
        _ = machine.answered(.status(.inProgress), at: Self.at(6))
        #expect(machine.hungUp(false, at: Self.at(7)) == .wait)
        #expect(machine.deadlineReached(hasSession: false, at: Self.at(8)) == .askCarrier)
        #expect(machine.answered(.status(.completed), at: Self.at(8)) == .take(.completed))
    }

    @Test("Unknown at the carrier: its node lost it, no stream came, or it is stale")
    func unknown() {
        let endings: [(ReconcileMachine.Cause, EndReason)] = [
            (.nodeLost, .nodeLost), (.noStream(isOurs: true), .noStart), (.noSession, .stale),
        ]
        for (cause, reason) in endings {
            var machine = asking(cause)
            #expect(machine.answered(.unknownCall, at: Self.at(0.1)) == .finish(reason, .unknownToCarrier))
        }
    }

    @Test("A carrier that is silent is asked again and again for 15 min; then the record is stale", arguments: causes)
    func silent(_ cause: ReconcileMachine.Cause) {
        var machine = ReconcileMachine(cause, SweepRules(), at: Self.at(0))
        let end = run(&machine, answering: .silence)
        #expect(end.action == .finish(.stale, .carrierSilent))
        #expect(end.seconds == 900)
        // 0, 1, 3, 7, 15, 31 s, then every 30 s, and a last time.
        #expect(end.questions == 35)
    }

    @Test("Until then the record shows as unreconciled, and the first answer ends that")
    func unreconciled() {
        for cause in Self.causes {
            var machine = asking(cause)
            #expect(machine.isUnreconciled == (cause == .nodeLost))
            #expect(machine.answered(.silence, at: Self.at(0)) == .wait)
            #expect(machine.isUnreconciled)
            machine.hurry(at: Self.at(0.5))
            #expect(machine.deadlineReached(hasSession: false, at: Self.at(0.5)) == .askCarrier)
            #expect(machine.answered(.status(.completed), at: Self.at(0.5)) == .take(.completed))
            #expect(!machine.isUnreconciled)
        }
    }

    @Test("What the carrier has owed before counts: a node that crashes again and again waits no longer than another")
    func owedBefore() {
        var machine = ReconcileMachine(.nodeLost, SweepRules(), at: Self.at(0), unreconciledFor: .seconds(890))
        let end = run(&machine, answering: .silence)
        #expect(end.action == .finish(.stale, .carrierSilent))
        #expect(end.seconds == 10)
    }

    @Test("With nobody to ask, a dead node's call is lost 5 s after the claim, unless it is resumed")
    func nobodyToAsk() {
        var machine = ReconcileMachine(.nodeLost, SweepRules(), at: Self.at(0))
        let end = run(&machine, answering: .nobodyToAsk)
        #expect(end.action == .finish(.nodeLost, .notResumed))
        #expect(end.seconds == 5)
        var resumed = asking(.nodeLost)
        _ = resumed.answered(.nobodyToAsk, at: Self.at(0))
        #expect(resumed.deadlineReached(hasSession: true, at: Self.at(5)) == .leave)
    }

    @Test("A caller who came back while the carrier was asked is left in peace, whatever it says", arguments: causes)
    func backMeanwhile(_ cause: ReconcileMachine.Cause) {
        for answer in [ReconcileMachine.Answer.status(.inProgress), .unknownCall, .silence, .nobodyToAsk] {
            var machine = asking(cause)
            #expect(machine.answered(answer, hasSession: true, at: Self.at(9)) == .leave)
            #expect(machine.isOver)
        }
    }

    @Test("With nobody to ask, no stream is no start for a call of ours")
    func noStart() {
        var machine = asking(.noStream(isOurs: true))
        #expect(machine.answered(.nobodyToAsk, at: Self.at(0)) == .finish(.noStart, .noStream))
    }

    @Test("A call without a stream that lives at the carrier is left, however long that is", arguments: live)
    func ringsOn(_ status: CallStatus) {
        for isOurs in [true, false] {
            var machine = ReconcileMachine(.noStream(isOurs: isOurs), SweepRules(), at: Self.at(0))
            let end = run(&machine, answering: .status(status), until: 14_400)
            #expect(end.action == .wait)
            #expect(!machine.isOver && !machine.isUnreconciled)
        }
    }

    @Test("What only its carrier told of is stale after half an hour of which nobody knows")
    func staleReport() {
        for answer in [ReconcileMachine.Answer.nobodyToAsk, .unknownCall] {
            var machine = ReconcileMachine(
                .noStream(isOurs: false), SweepRules(), at: Self.at(0), openFor: .seconds(30))
            let end = run(&machine, answering: answer)
            #expect(end.action == .finish(.stale, .noSession))
            #expect(end.seconds == 1_770)
        }
    }

    @Test("A session that vanished: the carrier's word, else half an hour, then hung up and stale")
    func noSession() {
        var live = ReconcileMachine(.noSession, SweepRules(), at: Self.at(0))
        let end = run(&live, answering: .status(.inProgress))
        #expect(end.action == .finish(.stale, .noSession))
        #expect((1_800...1_830).contains(end.seconds))
        var unasked = ReconcileMachine(.noSession, SweepRules(), at: Self.at(0))
        #expect(run(&unasked, answering: .nobodyToAsk).seconds == 1_800)
    }

    @Test("Switched off, nothing is ever stale")
    func neverStale() {
        var rules = SweepRules()
        rules.stale = .zero
        var machine = ReconcileMachine(.noSession, rules, at: Self.at(0))
        #expect(run(&machine, answering: .nobodyToAsk).action == .wait)
    }

    @Test("What comes when nothing was asked changes nothing", arguments: causes)
    func unasked(_ cause: ReconcileMachine.Cause) {
        var machine = ReconcileMachine(cause, SweepRules(), at: Self.at(0), after: .seconds(1))
        let before = machine
        #expect(machine.answered(.status(.completed), at: Self.at(0.5)) == .wait)
        #expect(machine.hungUp(true, at: Self.at(0.5)) == .wait)
        #expect(machine.deadlineReached(hasSession: false, at: Self.at(0.9)) == .wait)
        #expect(machine == before)
    }
}
