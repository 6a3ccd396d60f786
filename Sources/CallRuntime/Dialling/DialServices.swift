public import CallCore
public import Telemetry
public import Timeline

/// All that a dialler needs of the house.
public struct DialServices: Sendable {
    public var store: any CallStoring & DialKeeping
    public var carrier: any CarrierControl & CarrierDialling
    public var rules: DialRules
    /// Under which this node takes orders.
    public var epoch: @Sendable () -> NodeEpoch?
    /// Told of each call that the carrier took: its stream should come.
    public var expect: @Sendable (CallID) -> Void
    public var registry: MetricsRegistry
    public var logger: Logger
    public var errors: ErrorSink
    public var now: @Sendable () -> Instant = { SystemClock.now() }
    public var utc: @Sendable () -> UTCTime = { SystemClock.utc() }
    /// Where it dials; nil for the global pool.
    public var executor: (any TaskExecutor)?
    public var wait: @Sendable (_ pause: Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    public init(
        store: any CallStoring & DialKeeping, carrier: any CarrierControl & CarrierDialling, rules: DialRules,
        epoch: @escaping @Sendable () -> NodeEpoch?, expect: @escaping @Sendable (CallID) -> Void,
        registry: MetricsRegistry, logger: Logger, errors: ErrorSink
    ) {
        self.store = store
        self.carrier = carrier
        self.rules = rules
        self.epoch = epoch
        self.expect = expect
        self.registry = registry
        self.logger = logger.component("dialling")
        self.errors = errors
    }
}
