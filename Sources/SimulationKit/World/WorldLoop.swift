internal import CallCore
internal import PracticeKit
internal import Timeline

/// The loop of a world's calls: timers and the beat of media time, none of which takes any.
final class WorldLoop: CallLoop {
    private let world: World
    private let period: Duration
    private var dice: SeededRandom
    private var listeners: [any CallBeat] = []
    private var isBeating = false
    /// Timers that are set.
    private(set) var timersSet = 0

    /// - Parameter period: 20 ms, or more where media is only looked at around events.
    init(_ world: World, period: Duration) {
        self.world = world
        self.period = period
        dice = world.dice()
    }

    var now: Instant { world.now }
    var beatsJoined: Int { listeners.count }

    func timer(_ action: @escaping (Instant) -> Void) -> any CallTimer { WorldTimer(self, action) }

    func join(_ listener: any CallBeat) {
        guard !listeners.contains(where: { $0 === listener }) else { return }
        listeners.append(listener)
        guard !isBeating else { return }
        isBeating = true
        beatLater()
    }

    func leave(_ listener: any CallBeat) { listeners.removeAll { $0 === listener } }

    /// On a grid; a loop that is busy misses beats, and those it missed come as one.
    private func beatLater() {
        let step = period.wholeNanoseconds
        let missed = dice.happens(0.001) ? Int64(dice.below(15)) : 0
        let grid = (world.now.nanoseconds / step + 1 + missed) * step
        world.at(Instant(nanoseconds: grid)) { [self] in
            guard !listeners.isEmpty else {
                isBeating = false
                return
            }
            for listener in listeners where listeners.contains(where: { $0 === listener }) {
                listener.beat(at: world.now)
            }
            beatLater()
        }
    }

    /// Few events, however often it is moved: one that finds the deadline moved goes back to sleep.
    private final class WorldTimer: CallTimer {
        private let loop: WorldLoop
        private let action: (Instant) -> Void
        private var deadline: Instant?
        private var planned: Instant?

        init(_ loop: WorldLoop, _ action: @escaping (Instant) -> Void) {
            self.loop = loop
            self.action = action
        }

        func set(_ new: Deadline) {
            if deadline == nil, new.instant != nil { loop.timersSet += 1 }
            if deadline != nil, new.instant == nil { loop.timersSet -= 1 }
            deadline = new.instant
            plan()
        }

        private func plan() {
            guard let deadline else { return }
            if let planned, planned <= deadline { return }
            planned = max(deadline, loop.now)
            let at = max(deadline, loop.now)
            loop.world.at(at) { [self] in
                guard planned == at else { return }
                planned = nil
                guard let deadline = self.deadline else { return }
                guard deadline <= loop.now else { return plan() }
                self.deadline = nil
                loop.timersSet -= 1
                action(loop.now)
            }
        }
    }
}
