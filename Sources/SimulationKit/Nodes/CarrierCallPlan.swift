internal import CallCore
internal import PracticeKit
internal import Timeline

/// What one call is going to be at the carrier, drawn before it begins.
struct CarrierCallPlan {
    enum Kind {
        /// Our webhook is asked, and its stream comes.
        case answered
        /// Somebody else's instructions bring the stream; we hear of the call by it alone.
        case foreign
        /// The caller hangs up between our answer and the stream.
        case abandoned
        /// Only reports of it come.
        case reported
        /// We are to dial it tomorrow.
        case scheduled
        /// We dial it, and somebody answers or not.
        case dialled
    }

    enum Afterwards {
        /// The bridge is asked what comes next, and that is the end.
        case asks
        /// Whatever the instructions say goes on without the bridge, for so long.
        case holds(Duration)
        /// Another stream, as long as the first was cut by the death of its node.
        case returns(after: Duration)
    }

    struct Report {
        let status: CallStatus
        let delay: Duration
        let copies: Int
    }

    let kind: Kind
    let begins: Duration
    /// Between the answer and the stream.
    let ringing: Duration
    /// In any order; those that never come are not there.
    let reports: [Report]
    let final: CallStatus
    let afterwards: Afterwards
    /// Before the caller of one that is only reported, or of one that nobody took, hangs up.
    let patience: Duration
    /// How much of it is lost where a webhook gets no answer.
    let tries: Int

    /// Its streams come by our own instructions.
    var isAnswered: Bool {
        switch kind {
        case .answered, .dialled: true
        case .foreign, .abandoned, .reported, .scheduled: false
        }
    }
    var isDialled: Bool { if case .dialled = kind { true } else { false } }
    var isScheduled: Bool { if case .scheduled = kind { true } else { false } }

    /// - Parameter isDialled: It is one of ours.
    init(_ shape: Shape, isDialled: Bool = false, using dice: inout SeededRandom) {
        switch dice.below(20) {
        case _ where isDialled: kind = .dialled
        case 0..<10: kind = .answered
        case 10..<13: kind = .foreign
        case 13..<16: kind = .abandoned
        case 16..<19: kind = .reported
        default: kind = .scheduled
        }
        begins = .milliseconds(1_000 + dice.below(Int(shape.length.inSeconds * 700)))
        ringing = .milliseconds(50 + dice.below(dice.happens(0.8) ? 1_000 : 12_000))
        patience = .milliseconds(500 + dice.below(dice.happens(0.7) ? 20_000 : 120_000))
        let isTalk = kind == .answered || kind == .foreign || kind == .dialled && dice.happens(0.7)
        final = isTalk ? .completed : [.completed, .noAnswer, .canceled, .busy][dice.below(4)]
        let last = final
        let isQuiet = dice.happens(0.2)
        reports = [CallStatus.initiated, .ringing, .inProgress, last].compactMap { status in
            guard dice.happens(isQuiet ? 0.2 : 0.85) else { return nil }
            let delay = Duration.milliseconds(dice.below([300, 1_500, 20_000, 60_000][dice.below(4)]))
            return Report(status: status, delay: delay, copies: dice.happens(0.2) ? 2 : 1)
        }
        switch dice.below(10) {
        case 0..<4: afterwards = .asks
        case 4..<7: afterwards = .holds(.milliseconds(dice.below(dice.happens(0.8) ? 3_000 : 90_000)))
        default: afterwards = .returns(after: .milliseconds(100 + dice.below(dice.happens(0.7) ? 4_000 : 20_000)))
        }
        tries = 1 + dice.below(6)
    }
}
