internal import Telemetry
public import Timeline

/// What probes know of time, and how they wait for it: the machine's, or a test's.
public struct ProbeClock: Sendable {
    public let now: @Sendable () -> Instant
    public let utc: @Sendable () -> UTCTime
    /// Throws when the task is cancelled, at once.
    public let sleep: @Sendable (_ due: Instant) async throws -> Void

    public init(
        now: @escaping @Sendable () -> Instant, utc: @escaping @Sendable () -> UTCTime,
        sleep: @escaping @Sendable (_ due: Instant) async throws -> Void
    ) {
        self.now = now
        self.utc = utc
        self.sleep = sleep
    }

    public static let system = ProbeClock(now: SystemClock.now, utc: SystemClock.utc) { due in
        try await Task.sleep(for: SystemClock.now().duration(to: due))
    }
}
