internal import PracticeKit

/// The dice of one call of the bridge. The call holds them, so that they tell whether it is still there.
final class WorldGenerator: RandomNumberGenerator, @unchecked Sendable {
    // Why @unchecked: a world is turned by one thread.
    private var dice: SeededRandom

    init(_ dice: SeededRandom) { self.dice = dice }

    func next() -> UInt64 { dice.next() }
}
