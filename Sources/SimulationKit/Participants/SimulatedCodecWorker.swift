internal import CallRuntime
internal import PracticeKit

/// The thread that codes packets beside a loop, without one: its work is done a little later, in whatever order the world
/// has for it.
final class SimulatedCodecWorker: CodecWorking, @unchecked Sendable {
    // Why @unchecked: a world is turned by one thread.
    /// In microseconds; what takes longer than 60 ms is dropped, which is none of what is looked at here.
    private static let usual = 3_000
    private static let busy = 25_000

    private unowned let world: World
    private var dice: SeededRandom

    init(_ world: World, dice: SeededRandom) {
        self.world = world
        self.dice = dice
    }

    func enqueue(_ lane: CodecLane) {
        later { [weak self] in
            guard lane.work() else { return }
            self?.later { lane.collectOnLoop() }
        }
    }

    private func later(_ action: @escaping () -> Void) {
        world.after(.microseconds(dice.below(dice.happens(0.9) ? Self.usual : Self.busy)), action)
    }

    func close() {}
}
