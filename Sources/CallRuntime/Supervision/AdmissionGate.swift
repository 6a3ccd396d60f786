public import CallCore
internal import Synchronization
public import Telemetry
public import Timeline

/// Whether the node takes one more call: by the number that is set, or by how its loops and its memory are.
public final class AdmissionGate: Sendable {
    /// How many calls a node may have.
    public enum Limit: Hashable, Sendable {
        /// As many as loop lag and memory allow.
        case auto
        case unlimited
        case atMost(Int)
    }

    private static let period = Duration.seconds(1)

    private let limit: Limit
    private let logger: Logger
    private let rule = Mutex(AdmissionRule())
    private let isOverloaded = Atomic(false)

    public init(_ limit: Limit, logger: Logger, registry: MetricsRegistry) {
        self.limit = limit
        self.logger = logger.component("admission")
        registry.gauge(.callCapacity) { [self] in capacity }
    }

    /// Read for each new call, from any thread.
    public func isFull(with calls: Int) -> Bool {
        switch limit {
        case .auto: isOverloaded.load(ordering: .relaxed)
        case .unlimited: false
        case .atMost(let most): calls >= most
        }
    }

    /// Of what nobody knows no number is shown, and of what has no end none either.
    private var capacity: Double {
        switch limit {
        case .auto: rule.withLock { $0.capacity.map { Double($0) } ?? .nan }
        case .unlimited: .infinity
        case .atMost(let most): Double(most)
        }
    }

    /// Until it is cancelled.
    ///
    /// - Parameter reading: How the node is, asked for once a second.
    public func run(
        now: @Sendable () -> Instant = { SystemClock.now() },
        wait: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        reading: @Sendable (Instant) -> AdmissionRule.Reading
    ) async {
        repeat {
            let now = now()
            take(reading(now), at: now)
        } while (try? await wait(Self.period)) != nil
    }

    func take(_ reading: AdmissionRule.Reading, at now: Instant) {
        guard limit == .auto else { return }
        let (before, after) = rule.withLock { rule in
            let before = rule.cause
            rule.take(reading, at: now)
            return (before, rule.cause)
        }
        isOverloaded.store(after != nil, ordering: .relaxed)
        guard before != after else { return }
        var fields: LogFields = ["calls": .integer(reading.calls), "loop_lag": .duration(reading.lag)]
        if let memory = reading.memory { fields["memory"] = .double((memory * 1_000).rounded() / 1_000) }
        if let after {
            fields["cause"] = .string(after.rawValue)
            logger.warning("node.full", "The node is at its limit and takes no new calls for now.", fields)
        } else {
            logger.info("node.not_full", "The node takes new calls again.", fields)
        }
    }
}
