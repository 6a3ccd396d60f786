internal import PracticeKit

/// Which worlds of one bridge have a supervisor, and which of their calls hang. By dice of its own, so that the other worlds
/// are what they were.
struct SupervisionMix {
    private let shape: Shape
    private var dice: SeededRandom
    let isSupervised: Bool

    init(seed: UInt64, shape: Shape) {
        self.shape = shape
        dice = SeededRandom(seed: seed ^ 0x5EED_5_0F_5_0A75)
        isSupervised = dice.happens(0.5)
    }

    /// Nil: it never hangs.
    mutating func draw(_ plan: CallPlan) -> StuckCall.Plan? {
        guard isSupervised, plan.manner.hasControl, dice.happens(0.1) else { return nil }
        return StuckCall.Plan(within: shape.length, using: &dice)
    }
}
