internal import PracticeKit
internal import Timeline

/// What happens to one node of a world, drawn before it begins.
struct NodePlan {
    enum Happening {
        /// kill -9; started again after so long, or only when all troubles are over.
        case kill(again: Duration?)
        /// SIGSTOP, and SIGCONT after so long.
        case pause(Duration)
        /// SIGTERM: calls have so long to end by themselves. Started again as after a kill.
        case leave(drain: Duration, again: Duration?)
        /// A new version starts beside the old one, which leaves once that is ready.
        case replace(drain: Duration)
    }

    let begins: Duration
    let happenings: [(at: Duration, Happening)]
    let clock: WallClock
    /// While it drains: new calls are still taken so long, and sent so long.
    let lameDuck: Duration
    let listed: Duration

    /// - Parameter isFirst: It is there from the beginning.
    init(_ shape: Shape, isFirst: Bool, clock: WallClock, using dice: inout SeededRandom) {
        self.clock = clock
        let span = Int(shape.length.inSeconds * 1_000)
        begins = isFirst || dice.happens(0.7) ? .milliseconds(dice.below(500)) : .milliseconds(dice.below(span / 2))
        happenings = (0..<[0, 1, 1, 2, 2, 3][dice.below(6)]).map { _ in
            (at: .milliseconds(2_000 + dice.below(span - 2_000)), Self.happening(using: &dice))
        }
        lameDuck = .milliseconds(dice.happens(0.3) ? 0 : dice.below(5_000))
        listed = .milliseconds(dice.below(8_000))
    }

    private static func happening(using dice: inout SeededRandom) -> Happening {
        let again: Duration? =
            dice.happens(0.85) ? .milliseconds(50 + dice.below(dice.happens(0.7) ? 3_000 : 60_000)) : nil
        let drain = Duration.milliseconds(dice.below(dice.happens(0.5) ? 2_000 : 30_000))
        switch dice.below(20) {
        case 0..<9: return .kill(again: again)
        case 9..<15: return .pause(.milliseconds(20 + dice.below([2_000, 25_000, 45_000, 100_000][dice.below(4)])))
        case 15..<18: return .leave(drain: drain, again: again)
        default: return .replace(drain: drain)
        }
    }
}
