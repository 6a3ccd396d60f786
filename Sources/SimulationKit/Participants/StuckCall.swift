internal import CallCore
internal import CallRuntime
internal import PracticeKit
internal import Timeline

/// A call that hangs for a while, or for ever, as one whose actor is blocked: neither its jobs nor its timers nor what
/// comes on its sockets get to it, while everything else of its process goes on.
final class StuckCall {
    struct Plan {
        /// After its stream came.
        let after: Duration
        /// Nil does not end by itself.
        let length: Duration?

        /// - Parameter span: It begins within it.
        init(within span: Duration, using dice: inout SeededRandom) {
            after = .milliseconds(dice.below(Int(span.inSeconds * 500)))
            length = dice.happens(0.4) ? nil : .milliseconds(10 + dice.below(dice.happens(0.5) ? 8_000 : 60_000))
        }
    }

    private let world: World
    private let process: WorldProcess?
    /// The call's alone.
    let executor = SeededExecutor()
    private(set) var loop: WorldLoop!
    private(set) var home: CallHome!
    private var held: [() -> Void] = []
    private var isOn = false
    /// When it began to hang, and when it was itself again.
    private(set) var spell: (from: Instant, to: Instant?)?

    init(_ world: World, in process: WorldProcess?, dialer: any UpstreamDialing) {
        self.world = world
        self.process = process
        loop = WorldLoop(world, in: process, of: self)
        // The supervisor comes by the loop's own thread, beside the jobs of the call.
        let beside = process?.executor ?? world.executor
        home = CallHome(
            on: executor, aside: { body in Task(executorPreference: beside) { body() } }, loop: loop, dialer: dialer,
            codecs: CodecDesk())
        world.add(executor)
        process?.holds(self)
    }

    var isStuck: Bool { isOn }

    func wasStuck(at moment: Instant) -> Bool {
        spell.map { $0.from <= moment && moment < $0.to ?? .distantFuture } ?? false
    }

    func begin() {
        guard spell == nil, process?.isDead != true else { return }
        isOn = true
        spell = (world.now, nil)
        processChanged()
    }

    func end() {
        guard isOn else { return }
        isOn = false
        spell?.to = world.now
        processChanged()
        makeUp()
    }

    /// Its process was stopped, goes on, or is dead.
    func processChanged() {
        if process?.isDead == true { end() }
        executor.isHeld = isOn || process?.isStopped == true
    }

    // MARK: what happens to it

    func meet(_ action: @escaping () -> Void) {
        if isOn || !held.isEmpty { held.append(action) } else { pass(action) }
    }

    private func pass(_ action: @escaping () -> Void) {
        if let process { process.meet(action) } else { action() }
    }

    /// One after the other: what it causes comes in between.
    private func makeUp() {
        guard !isOn, !held.isEmpty else { return }
        pass(held.removeFirst())
        if !held.isEmpty { world.after(.zero) { [self] in makeUp() } }
    }

    // MARK: what is left of it

    var leftovers: [(name: String, count: Int)] {
        [
            ("timers", loop.timersSet), ("beats", loop.beatsJoined), ("pieces of audio", home.audioPiecesInUse),
            ("jobs", executor.count),
        ]
    }
}
