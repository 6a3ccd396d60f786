internal import Timeline

/// A process of a world as the system sees it: it runs, is stopped (SIGSTOP), or was killed.
///
/// - While it is stopped nothing of it runs, neither job nor timer nor socket; all of that is made up for, in its order,
///   when it goes on with its old ideas.
/// - Of one that was killed the sockets are reset and every port is cut: what is left of it may run on, for that is how
///   its tasks end and its memory comes back, but nothing that it does reaches anything any more.
///
/// Why @unchecked: a world is turned by one thread.
final class WorldProcess: @unchecked Sendable {
    private enum State {
        case running
        case stopped
        case killed
    }

    let world: World
    let name: String
    let executor = SeededExecutor()
    private let clock: WallClock
    private var state = State.running
    /// What came due while it was stopped.
    private var held: [() -> Void] = []
    private var links: [Connection] = []
    /// Calls of it that may hang.
    private var stuck: [StuckCall] = []
    /// When it was stopped, or went on, last.
    private(set) var lastStop: Instant?

    init(_ world: World, name: String, clock: WallClock) {
        self.world = world
        self.name = name
        self.clock = clock
        world.add(executor)
    }

    var isDead: Bool { if case .killed = state { true } else { false } }
    var isStopped: Bool { if case .stopped = state { true } else { false } }
    var now: Instant { world.now }
    /// What its own clock says.
    var utc: UTCTime { clock.utc(at: world.now) }

    // MARK: what the system does to it

    func stop() {
        guard case .running = state else { return }
        world.note("process stops", name)
        state = .stopped
        lastStop = world.now
        executor.isHeld = true
        for call in stuck { call.processChanged() }
        for link in links { link.processStops() }
    }

    func goOn() {
        guard case .stopped = state else { return }
        world.note("process goes on", name)
        state = .running
        lastStop = world.now
        executor.isHeld = false
        for call in stuck { call.processChanged() }
        makeUp()
    }

    /// - Parameter words: How it comes about.
    func die(_ words: String) {
        guard !isDead else { return }
        world.note("process dies", "\(name): \(words)")
        state = .killed
        executor.isHeld = false
        for link in links { link.processDies() }
        links = []
        for call in stuck { call.processChanged() }
        makeUp()
    }

    func holds(_ call: StuckCall) { stuck.append(call) }

    func opened(_ link: Connection) {
        links.removeAll(where: \.isOver)
        links.append(link)
        if isDead { link.processDies() }
    }

    /// One after the other: what it causes comes in between.
    private func makeUp() {
        guard !isStopped, !held.isEmpty else { return }
        held.removeFirst()()
        if !held.isEmpty { world.after(.zero) { [self] in makeUp() } }
    }

    // MARK: what happens in it

    func meet(_ action: @escaping () -> Void) {
        if isStopped || !held.isEmpty { held.append(action) } else { action() }
    }

    func at(_ instant: Instant, _ action: @escaping () -> Void) {
        world.at(instant) { [self] in meet(action) }
    }

    func after(_ wait: Duration, _ action: @escaping () -> Void) { at(world.now.advanced(by: wait), action) }

    /// Comes back after so much of the world's time.
    func pause(_ wait: Duration) async {
        await withCheckedContinuation { continuation in
            after(wait) { continuation.resume() }
        }
    }

    /// The same for whoever may be told to leave off.
    func sleep(_ wait: Duration) async throws {
        try await Nap.take { self.after(wait, $0) }
    }
}
