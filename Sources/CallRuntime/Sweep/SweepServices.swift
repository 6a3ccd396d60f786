public import CallCore
public import Telemetry
public import Timeline

/// All that a sweeper needs of the house.
public struct SweepServices: Sendable {
    public var node: String
    public var store: any CallStoring & CallClaiming
    /// Nil without credentials.
    public var carrier: (any CarrierControl)?
    public var rules: SweepRules
    public var lease = LeaseRules()
    public var registry: MetricsRegistry
    public var logger: Logger
    public var errors: ErrorSink
    public var now: @Sendable () -> Instant = { SystemClock.now() }
    public var utc: @Sendable () -> UTCTime = { SystemClock.utc() }
    /// Where the sweep runs; nil for the global pool.
    public var executor: (any TaskExecutor)?
    public var wait: @Sendable (_ pause: Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    public init(
        node: String, store: any CallStoring & CallClaiming, carrier: (any CarrierControl)?, rules: SweepRules,
        registry: MetricsRegistry, logger: Logger, errors: ErrorSink
    ) {
        self.node = node
        self.store = store
        self.carrier = carrier
        self.rules = rules
        self.registry = registry
        self.logger = logger.component("sweep")
        self.errors = errors
    }
}

/// The calls that are on the line here, by the carrier's names of them.
public struct LiveSessions: Sendable {
    static let none = LiveSessions(contains: { _ in false }, drop: { _ in })

    let contains: @Sendable (String) -> Bool
    let drop: @Sendable (String) -> Void

    /// - Parameter drop: Lets go of all that is here of a call; another node answers for it.
    public init(contains: @escaping @Sendable (String) -> Bool, drop: @escaping @Sendable (String) -> Void) {
        self.contains = contains
        self.drop = drop
    }
}
