internal import PracticeKit
public import Timeline

/// A clock that goes where the next event is, what is still to happen, and dice. Turned by one thread.
final class World {
    static let beginning = Instant(nanoseconds: 7_000_000_000)
    /// 24 November 2026, in the morning.
    private static let morning: Int64 = 1_795_500_000_000

    private(set) var now = World.beginning
    let executor = SeededExecutor()
    /// Those of processes, where a world has several.
    private var executors: [SeededExecutor] = []
    var log: WorldLog
    private(set) var violations: [Violation] = []
    private var random: SeededRandom
    private var events = EventQueue()
    private var turn: UInt64 = 0
    private var looks: [() -> Void] = []
    /// Since the clock last moved; more than this many at one instant never end.
    private static let stepsPerInstant = 200_000
    private var steps = 0
    private var isStuck = false
    /// When the wall clock jumps, and by how much it is off from then on; nothing may notice.
    private let jumps: [(at: Instant, milliseconds: Int64)]
    /// Waits that were begun by `pause` and are not over.
    private(set) var pauses = 0

    init(seed: UInt64, keepsLog: Bool, wallClockJumps: Bool) {
        // Mixed first: dice of neighbouring seeds would throw the same, one throw apart.
        var mixer = SeededRandom(seed: seed)
        random = SeededRandom(seed: mixer.next())
        log = WorldLog(isKept: keepsLog)
        var dice = SeededRandom(seed: random.next())
        let jumps = (0..<20).map { turn in
            (
                at: Self.beginning.advanced(by: .milliseconds(turn * 30_000 + dice.below(30_000))),
                milliseconds: Int64(dice.below(7_200_000)) - 3_600_000
            )
        }
        self.jumps = wallClockJumps ? jumps : []
    }

    /// Dice of one's own, so that what one throws changes nobody else's luck.
    func dice() -> SeededRandom { SeededRandom(seed: random.next()) }

    var utc: UTCTime {
        let error = jumps.last { $0.at <= now }?.milliseconds ?? 0
        return UTCTime(
            millisecondsSince1970: Self.morning + Self.beginning.nanoseconds(to: now) / 1_000_000 + error)
    }

    // MARK: what will happen

    func at(_ instant: Instant, _ action: @escaping () -> Void) {
        turn += 1
        // One in four overtakes what is due at the same instant.
        let lot = random.below(4) == 0 ? UInt64(random.below(1 << 20)) : turn << 20
        events.add(at: max(now, instant), lot: lot, action)
    }

    func after(_ wait: Duration, _ action: @escaping () -> Void) { at(now.advanced(by: wait), action) }

    /// Looks at something as soon as what happens now is over. Nothing of the world depends on it.
    func look(_ body: @escaping () -> Void) { looks.append(body) }

    private func lookAround() {
        guard !looks.isEmpty else { return }
        let now = looks
        looks = []
        for look in now { look() }
    }

    /// For the asynchronous ports: comes back after so much of the world's time.
    func pause(_ wait: Duration) async {
        pauses += 1
        await withCheckedContinuation { continuation in
            after(wait) { continuation.resume() }
        }
        pauses -= 1
    }

    /// The same for whoever may be told to leave off.
    func sleep(_ wait: Duration) async throws {
        try await Nap.take { after(wait, $0) }
    }

    // MARK: what happens

    /// Goes on until nothing is left to happen before `end`.
    func run(until end: Instant) {
        while !isStuck {
            steps += 1
            if steps > Self.stepsPerInstant {
                isStuck = true
                violated("time goes on", "something keeps happening at one instant")
            }
            let isDue = events.next.map { $0 <= now } ?? false
            let runnable = runnableJobs
            if runnable > 0, !isDue || random.below(2) == 0 {
                runJob(of: runnable)
                lookAround()
                continue
            }
            guard let next = events.next, next <= end, let event = events.popFirst() else { break }
            if event.at > now { steps = 0 }
            now = max(now, event.at)
            event.action()
            lookAround()
        }
        now = max(now, end)
        steps = 0
    }

    /// Forgets what was still to happen.
    func end() { events.removeAll() }

    // MARK: who runs

    func add(_ other: SeededExecutor) { executors.append(other) }
    func remove(_ other: SeededExecutor) { executors.removeAll { $0 === other } }

    private var runnableJobs: Int {
        executors.isEmpty ? executor.count : executors.reduce(executor.count) { $0 + $1.runnable }
    }

    private func runJob(of runnable: Int) {
        var place = runnable == 1 ? 0 : random.below(runnable)
        guard place >= executor.count else { return executor.run(at: place) }
        place -= executor.count
        for other in executors {
            guard place >= other.runnable else { return other.run(at: place) }
            place -= other.runnable
        }
    }

    func note(_ what: StaticString, call: Int? = nil, number: Int = 0, _ words: @autoclosure () -> String = "") {
        log.add(what, call: call, at: now, number: number, words())
    }

    func violated(_ rule: String, call: Int? = nil, _ words: String) {
        violations.append(Violation(rule: rule, call: call, words: words, at: now))
        note("VIOLATION", call: call, "\(rule): \(words)")
    }
}

/// A promise that was not kept.
public struct Violation: Hashable, Sendable, CustomStringConvertible {
    public let rule: String
    public let call: Int?
    public let words: String
    public let at: Instant

    public var description: String {
        "\(WorldLog.time(at)) \(call.map { "call \($0)" } ?? "world"): \(rule): \(words)"
    }
}
