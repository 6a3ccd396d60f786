internal import Synchronization
public import Timeline
internal import Wording

/// Where errors are kept once the store is open. Called from any thread, so it must not block.
public protocol ErrorStore: Sendable {
    /// Adds occurrences to what is kept under the same fingerprint: counts add up, first and last seen widen.
    func absorb(_ records: [ErrorRecord])
}

/// Takes every error of the house: logs it, counts it, and keeps it grouped, in memory until a store takes over.
///
/// At most `capacity` errors are kept; beyond that the one not seen for longest is let go, and counted.
public final class ErrorSink: Sendable {
    public static let defaultCapacity = 512
    private static let messageLimit = 1_024

    fileprivate struct State {
        var records: [String: ErrorRecord] = [:]
        var evictions = 0
        var store: (any ErrorStore)?
    }

    private let capacity: Int
    private let logger: Logger
    private let registry: MetricsRegistry
    private let clock: @Sendable () -> UTCTime
    private let state = Mutex(State())

    public init(
        capacity: Int = ErrorSink.defaultCapacity,
        logger: Logger,
        registry: MetricsRegistry,
        clock: @escaping @Sendable () -> UTCTime = SystemClock.utc
    ) {
        self.capacity = max(1, capacity)
        self.logger = logger
        self.registry = registry
        self.clock = clock
    }

    public func report(_ report: ErrorReport) {
        log(report)
        registry.counter(.errors, report.component, report.code).increment()
        let now = clock()
        let bounded = ErrorReport(
            code: report.code, component: report.component, severity: report.severity,
            message: VisibleText.escaping(report.message, limit: Self.messageLimit), context: report.context)
        let occurrence = ErrorRecord(
            fingerprint: ErrorFingerprint.of(report), report: bounded, count: 1, firstSeen: now, lastSeen: now)
        let store = state.withLock { state in
            if state.store == nil { state.keep(occurrence, capacity: capacity) }
            return state.store
        }
        store?.absorb([occurrence])
    }

    /// Hands over what is kept, and everything that comes from now on.
    public func handOver(to store: any ErrorStore) {
        let kept = state.withLock { state in
            state.store = store
            defer { state.records = [:] }
            return Array(state.records.values)
        }
        store.absorb(kept.sorted { $0.firstSeen < $1.firstSeen })
    }

    /// What is kept here, the latest first; empty once a store has taken over.
    public var records: [ErrorRecord] {
        state.withLock { Array($0.records.values) }
            .sorted { ($1.lastSeen, $0.fingerprint) < ($0.lastSeen, $1.fingerprint) }
    }

    /// How many errors were let go to make room.
    public var evictions: Int {
        state.withLock { $0.evictions }
    }

    private func log(_ report: ErrorReport) {
        var fields: LogFields = ["severity": .string(report.severity.rawValue)]
        if let call = report.context.call { fields["call"] = .string(call) }
        if let agent = report.context.agent { fields["agent"] = .string(agent) }
        if let number = report.context.number { fields["number"] = .phone(number) }
        let level: LogLevel = report.severity == .warning ? .warning : .error
        logger.component(report.component).log(level, report.code, report.message, fields)
    }
}

extension ErrorSink.State {
    fileprivate mutating func keep(_ occurrence: ErrorRecord, capacity: Int) {
        guard let known = records[occurrence.fingerprint] else {
            if records.count >= capacity, let oldest = records.values.min(by: { $0.lastSeen < $1.lastSeen }) {
                records[oldest.fingerprint] = nil
                evictions += 1
            }
            records[occurrence.fingerprint] = occurrence
            return
        }
        records[occurrence.fingerprint] = known.joined(with: occurrence)
    }
}

extension ErrorRecord {
    /// This record and later occurrences of the same error.
    public func joined(with occurrence: ErrorRecord) -> ErrorRecord {
        let latest = occurrence.report
        var joined = self
        joined.report = ErrorReport(
            code: latest.code, component: latest.component, severity: max(report.severity, latest.severity),
            message: latest.message, context: latest.context)
        joined.count += occurrence.count
        joined.lastSeen = max(lastSeen, occurrence.lastSeen)
        return joined
    }
}
