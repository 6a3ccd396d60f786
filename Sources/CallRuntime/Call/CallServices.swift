public import CallCore
public import CarrierWire
public import Telemetry
public import Timeline

/// What a Telnyx stream does not say of itself.
public struct TelnyxRules: Hashable, Sendable {
    /// What it was asked to take; nil: the same that it sends.
    public var spoken: CarrierCodec?
    public var framing = OpusFraming.packet

    public init() {}
}

/// All that calls share: who the agents are, where upstreams are, what is kept, whom to tell.
public struct CallServices: Sendable {
    /// As they are now. A call looks when it begins, and keeps what it found.
    public var agents: @Sendable () -> AgentDirectory
    public var providers: [UpstreamVendor: any UpstreamProvider]
    public var gates: UpstreamGates
    public var store: any CallStoring
    /// Of all calls of the process.
    public var ids: CallIDSource
    /// Nil without credentials.
    public var carrier: (any CarrierControl)?
    /// Whether this node still answers for its calls: asked before the carrier is told to do something with one.
    public var answersForCalls: @Sendable () async -> Bool = { true }
    public var tokens: TokenDesk
    public var rules: CallRules
    public var metrics: CallMetrics
    public var logger: Logger
    public var errors: ErrorSink
    public var node: String
    public var telnyx = TelnyxRules()
    /// Where that runs which a call needs before it has a loop, or when it is over; nil for the global pool.
    public var early: (any TaskExecutor)?
    public var now: @Sendable () -> Instant
    public var utc: @Sendable () -> UTCTime
    public var random: @Sendable () -> any RandomNumberGenerator & Sendable

    var directory: AgentDirectory { agents() }

    public init(
        directory: AgentDirectory, providers: [UpstreamVendor: any UpstreamProvider], gates: UpstreamGates,
        store: any CallStoring, ids: CallIDSource, carrier: (any CarrierControl)?, tokens: TokenDesk, rules: CallRules,
        metrics: CallMetrics, logger: Logger, errors: ErrorSink, node: String,
        now: @escaping @Sendable () -> Instant = { SystemClock.now() },
        utc: @escaping @Sendable () -> UTCTime = { SystemClock.utc() },
        random: @escaping @Sendable () -> any RandomNumberGenerator & Sendable = { SystemRandomNumberGenerator() }
    ) {
        agents = { directory }
        self.providers = providers
        self.gates = gates
        self.store = store
        self.ids = ids
        self.carrier = carrier
        self.tokens = tokens
        self.rules = rules
        self.metrics = metrics
        self.logger = logger.component("call")
        self.errors = errors
        self.node = node
        self.now = now
        self.utc = utc
        self.random = random
    }
}
