internal import Glibc
public import SocketLoop
internal import Synchronization
public import Telemetry
public import Timeline

/// Watches that each loop turns. A timer on every loop publishes its beat, and measures how late the loop got to it.
public final class LoopWatch: Sendable {
    public static let usualLimit = Duration.seconds(10)
    private static let period = Duration.milliseconds(100)
    /// Without a beat for this long a loop gets no new connections, until it turns again.
    private static let sluggish = Duration.seconds(1)

    private final class Beat: Sendable {
        let loop: SocketLoop
        let last: Atomic<Int64>
        let lag: Histogram
        /// The 99th of the last hundred delays, and the share of its time that the loop worked of late.
        let lateness = Atomic<Int64>(0)
        let busy = Atomic(Double.nan.bitPattern)

        init(_ loop: SocketLoop, lag: Histogram, at now: Instant) {
            self.loop = loop
            self.lag = lag
            last = Atomic(now.nanoseconds)
        }

        func age(at now: Instant) -> Duration {
            max(.zero, Instant(nanoseconds: last.load(ordering: .relaxed)).duration(to: now))
        }
    }

    /// A loop that does not turn.
    public struct Stuck: Hashable, Sendable {
        public let loop: Int
        public let age: Duration
    }

    private let beats: [Beat]
    private let spare: SocketLoop
    private let limit: Duration

    /// - Parameters:
    ///   - spare: A loop beside those, which serves while none of them turns.
    ///   - limit: A loop without a beat for this long is stuck.
    public init(
        _ group: LoopGroup, spare: SocketLoop, registry: MetricsRegistry, limit: Duration = LoopWatch.usualLimit
    ) {
        let now = SystemClock.now()
        beats = group.loops.map { Beat($0, lag: registry.histogram(.loopLag, String($0.index)), at: now) }
        self.spare = spare
        self.limit = limit
        for beat in beats { Self.start(beat) }
    }

    private static func start(_ beat: Beat) {
        beat.loop.execute { core in
            var due = core.now.advanced(by: period)
            var window = LagWindow()
            var work = WorkMeter(at: core.now)
            _ = core.schedule(at: due) { now in
                beat.last.store(now.nanoseconds, ordering: .relaxed)
                let lag = max(0, due.nanoseconds(to: now))
                beat.lag.observe(nanoseconds: lag)
                beat.lateness.store(window.add(lag), ordering: .relaxed)
                if let share = work.share(at: now) { beat.busy.store(share.bitPattern, ordering: .relaxed) }
                // Beats that were missed are not made up for.
                due = max(due, now).advanced(by: period)
                return due
            }
        }
    }

    /// The least loaded loop of those that turn.
    public var leastLoaded: SocketLoop {
        let now = SystemClock.now()
        let turning = beats.filter { $0.age(at: now) < Self.sluggish }
        return turning.min { $0.loop.currentLoad < $1.loop.currentLoad }?.loop ?? spare
    }

    /// How late the worst loop gets to what is due, once in a hundred times; one that does not turn is late by its silence.
    public func lag(at now: Instant) -> Duration {
        beats.map { beat in
            max(.nanoseconds(beat.lateness.load(ordering: .relaxed)), beat.age(at: now) - Self.period)
        }.max() ?? .zero
    }

    /// The share of its time that the busiest loop worked in the last second; nil while it is not known.
    public var busy: Double? {
        beats.map { Double(bitPattern: $0.busy.load(ordering: .relaxed)) }.filter { !$0.isNaN }.max()
    }

    public func stuck(at now: Instant) -> [Stuck] {
        beats.compactMap { beat in
            let age = beat.age(at: now)
            return age > limit ? Stuck(loop: beat.loop.index, age: age) : nil
        }
    }

    public func health(at now: Instant) -> ComponentHealth {
        let oldest = beats.map { $0.age(at: now) }.max() ?? .zero
        let stuck = stuck(at: now)
        guard !stuck.isEmpty else {
            return ComponentHealth(
                .ok, latency: max(.zero, oldest - Self.period), lastSuccess: SystemClock.utc(), age: oldest)
        }
        return ComponentHealth(.failing, lastError: Self.words(stuck), age: oldest)
    }

    static func words(_ stuck: [Stuck]) -> String {
        stuck.map { "loop \($0.loop) has not turned for \(Int($0.age.inSeconds)) s" }.joined(separator: ", ")
    }
}

/// How much of a second a thread works. On that thread alone.
private struct WorkMeter {
    private static let span = Duration.seconds(1)

    private var began: Instant
    private var worked: Int64

    init(at now: Instant) {
        began = now
        worked = Self.timeOfThread()
    }

    /// Once a second, and nil in between.
    mutating func share(at now: Instant) -> Double? {
        guard began.duration(to: now) >= Self.span else { return nil }
        let worked = Self.timeOfThread()
        defer { (began, self.worked) = (now, worked) }
        return Double(worked - self.worked) / Double(began.nanoseconds(to: now))
    }

    private static func timeOfThread() -> Int64 {
        var time = timespec()
        // SAFETY: writes one structure.
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
