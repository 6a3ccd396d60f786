internal import CallCore
public import Telemetry
public import Timeline

/// How a node's calls come to their end when it is asked to leave. For the lame duck new ones are still taken, then they
/// are refused; those that are up have until the deadline, and what is left then is handed over or ended, each caller
/// told.
public struct Departure: Sendable {
    public struct Limits: Hashable, Sendable {
        /// New calls are still taken so long.
        public var lameDuck: Duration
        /// What calls have to end by themselves, from then on.
        public var drain: Duration
        /// For calls that were told to end, to do so in their order.
        public var farewell = Duration.seconds(3)
        /// For the last of what is known of calls that another node goes on with to be kept.
        public var handover = Duration.seconds(1)

        public init(lameDuck: Duration, drain: Duration) {
            self.lameDuck = lameDuck
            self.drain = drain
        }
    }

    private static let look = Duration.milliseconds(20)

    private let switchboard: Switchboard
    private let sweeper: Sweeper
    private let dialler: Dialler?
    private let watch: DrainWatch
    private let limits: Limits
    private let logger: Logger
    private let now: @Sendable () -> Instant
    private let pause: @Sendable (Duration) async throws -> Void

    /// - Parameter watch: Told when the countdown begins.
    public init(
        of switchboard: Switchboard, sweeper: Sweeper, dialler: Dialler?, watch: DrainWatch, limits: Limits,
        logger: Logger, now: @escaping @Sendable () -> Instant = { SystemClock.now() },
        wait: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.switchboard = switchboard
        self.sweeper = sweeper
        self.dialler = dialler
        self.watch = watch
        self.limits = limits
        self.logger = logger
        self.now = now
        pause = wait
    }

    /// Returns the drain's deadline, once no call is left, or all has been done about those that were. Cancelled when the
    /// node is to end at once.
    public func drain() async throws(CancellationError) -> Deadline {
        let duck = now().advanced(by: limits.lameDuck)
        let deadline = Deadline(limit: limits.drain, from: duck)
        watch.begin(until: deadline)
        logger.info(
            "node.draining", "The node is not ready any more and ends when all is done.",
            [
                "calls": .integer(switchboard.liveCalls), "lame_duck": .duration(limits.lameDuck),
                "limit": .duration(limits.drain),
            ])
        // What waits to be dialled is left to other nodes, or to the next start.
        dialler?.close()
        try await rest(limits.lameDuck)
        switchboard.close()
        // Until the calls are over the carrier's questions about them are answered.
        if try await !wait(by: deadline, for: { watch.isDone }) { try await cutWhatIsLeft() }
        return deadline
    }

    /// Another node goes on with the calls whose carrier asks us what follows, if there is one. All other callers are told
    /// that it is over, and go where their agents send them.
    private func cutWhatIsLeft() async throws(CancellationError) {
        var fields = LogFields()
        for item in watch.left { fields[item.name] = .integer(item.count) }
        logger.warning(
            "node.drain_timeout", "Not all was over within the drain limit; what is left is ended or handed over now.",
            fields)
        let hasHeirs = await sweeper.hasHeirs()
        // The store may have taken its time.
        let last = Deadline(limit: limits.farewell, from: now())
        guard hasHeirs else {
            tellCutCalls()
            switchboard.hangUpAll(.drainTimeout)
            _ = try await wait(by: last) { switchboard.liveCalls == 0 }
            return
        }
        switchboard.hangUpStrangers(.drainTimeout)
        _ = try await wait(by: last) { switchboard.openCalls(isOwn: false) == 0 }
        switchboard.prepareHandover()
        _ = try await wait(by: Deadline(limit: limits.handover, from: now())) { switchboard.keepsNothing }
        logger.info(
            "node.handing_over", "Another node goes on with the calls that are left.",
            ["calls": .integer(switchboard.liveCalls)])
        let left = Deadline(limit: limits.farewell, from: now())
        await sweeper.stop(leaves: true, by: left)
        switchboard.handOver()
        // A store that is away may have used all of it up.
        let end = max(left, Deadline(limit: limits.handover, from: now()))
        _ = try await wait(by: end) { switchboard.liveCalls == 0 }
    }

    /// A line for each call that does not end by itself.
    public func tellCutCalls() {
        let now = now()
        for call in switchboard.glimpses {
            var fields: LogFields = ["phase": .string("\(call.phase)")]
            if let name = call.providerCallID { fields["provider_call_id"] = .string(name) }
            if let frame = call.lastFrame { fields["last_frame"] = .duration(frame.duration(to: now)) }
            logger.warning("node.call_cut", "The node ends, and this call with it.", fields)
        }
    }

    /// Waits until something is so. False when it is not by the deadline.
    public func wait(
        by deadline: Deadline, for condition: () -> Bool
    ) async throws(CancellationError) -> Bool {
        while !condition() {
            guard !deadline.isReached(at: now()) else { return false }
            try await rest(Self.look)
        }
        return true
    }

    private func rest(_ duration: Duration) async throws(CancellationError) {
        do {
            try await pause(duration)
        } catch {
            throw CancellationError()
        }
    }
}
