internal import CallCore
internal import PracticeKit
internal import Timeline

/// The loop of a world's calls: timers and the beat of media time, none of which takes any.
final class WorldLoop: CallLoop {
    private static let step: Int64 = 20_000_000

    private unowned let world: World
    /// Whose loop it is, where a world has several; while that is stopped nothing happens here.
    private let process: WorldProcess?
    /// Whose alone it is, where a call may hang.
    private unowned let stuck: StuckCall?
    private var dice: SeededRandom
    /// In the order in which they joined; those who left during a beat are a hole until it is over.
    private var listeners: [(listener: any CallBeat, sparedUntil: Instant)?] = []
    private(set) var beatsJoined = 0
    private var isBeating = false
    private var beating: () -> Void = {}
    /// Timers that are set.
    private(set) var timersSet = 0

    init(_ world: World, in process: WorldProcess? = nil, of stuck: StuckCall? = nil) {
        self.world = world
        self.process = process
        self.stuck = stuck
        dice = world.dice()
        beating = { [unowned self] in beat() }
    }

    var now: Instant { world.now }

    private func at(_ instant: Instant, _ action: @escaping () -> Void) {
        world.at(instant, in: process, past: stuck, action)
    }

    func timer(_ action: @escaping (Instant) -> Void) -> any CallTimer { WorldTimer(self, action) }

    func join(_ listener: any CallBeat) {
        if let place = place(of: listener) {
            listeners[place]?.sparedUntil = .zero
            return
        }
        listeners.append((listener, .zero))
        beatsJoined += 1
        guard !isBeating else { return }
        isBeating = true
        beatLater()
    }

    func leave(_ listener: any CallBeat) {
        guard let place = place(of: listener) else { return }
        listeners[place] = nil
        beatsJoined -= 1
    }

    private func place(of listener: any CallBeat) -> Int? {
        listeners.firstIndex { $0?.listener === listener }
    }

    /// On a grid; a loop that is busy misses beats, and those it missed come as one.
    private func beatLater() {
        let missed = dice.happens(0.001) ? Int64(dice.below(15)) : 0
        at(Instant(nanoseconds: (world.now.nanoseconds / Self.step + 1 + missed) * Self.step), beating)
    }

    private func beat() {
        guard beatsJoined > 0 else {
            listeners = []
            isBeating = false
            return
        }
        for place in 0..<listeners.count {
            guard let entry = listeners[place], entry.sparedUntil <= world.now else { continue }
            let spared = entry.listener.beat(at: world.now)
            listeners[place]?.sparedUntil = spared
        }
        if beatsJoined < listeners.count { listeners.removeAll { $0 == nil } }
        beatLater()
    }

    /// Few events, however often it is moved: one that finds the deadline moved goes back to sleep.
    private final class WorldTimer: CallTimer {
        private unowned let loop: WorldLoop
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
            loop.at(at) { [self] in
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
