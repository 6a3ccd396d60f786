internal import Synchronization
public import Telemetry
public import Timeline

/// How one part of the house is.
public struct ComponentHealth: Hashable, Sendable {
    public enum Status: String, Sendable {
        /// Nothing is known yet.
        case unknown
        case ok
        case failing
    }

    public enum Breaker: String, Sendable {
        case closed
        case halfOpen = "half-open"
        case open
    }

    /// Of a part that works things off.
    public struct Queue: Hashable, Sendable {
        public var waiting: Int
        /// What is being worked on.
        public var active: Int
        /// How long the first has been due; nil where nothing is.
        public var overdue: Duration?

        public init(waiting: Int, active: Int, overdue: Duration?) {
            self.waiting = waiting
            self.active = active
            self.overdue = overdue
        }
    }

    public var status: Status
    public var latency: Duration?
    public var lastSuccess: UTCTime?
    /// In words, and kept after it is over.
    public var lastError: String?
    public var lastErrorCode: String?
    public var breaker: Breaker?
    /// Since it was last looked at.
    public var age: Duration?
    public var queue: Queue?

    public init(
        _ status: Status, latency: Duration? = nil, lastSuccess: UTCTime? = nil, lastError: String? = nil,
        lastErrorCode: String? = nil, breaker: Breaker? = nil, age: Duration? = nil, queue: Queue? = nil
    ) {
        self.status = status
        self.latency = latency
        self.lastSuccess = lastSuccess
        self.lastError = lastError
        self.lastErrorCode = lastErrorCode
        self.breaker = breaker
        self.age = age
        self.queue = queue
    }
}

/// Everything that has a health, for the probes to read. Whoever adds a component keeps its health up to date; reading it
/// must neither wait nor touch disk or network.
public final class HealthRegistry: Sendable {
    public typealias Read = @Sendable (_ now: Instant) -> ComponentHealth

    struct Component: Sendable {
        let name: String
        let isCritical: Bool
        let isNeededToServe: Bool
        let read: Read
    }

    private let components = Mutex<[Component]>([])
    private let metrics: MetricsRegistry

    /// - Parameter metrics: Tells of every component whether it is up.
    public init(metrics: MetricsRegistry) {
        self.metrics = metrics
    }

    /// - Parameters:
    ///   - isCritical: Whether the node is of no use without it.
    ///   - isNeededToServe: Whether the node is not ready without it.
    public func add(_ name: String, isCritical: Bool, isNeededToServe: Bool = false, read: @escaping Read) {
        let component = Component(
            name: name, isCritical: isCritical, isNeededToServe: isNeededToServe, read: read)
        components.withLock { $0.append(component) }
        metrics.gauge(.dependencyUp, name, String(isCritical)) { read(SystemClock.now()).status.asMetric }
    }

    public func report(at now: Instant) -> HealthReport {
        let components = components.withLock { $0 }
        return HealthReport(
            rows: components.map { component in
                HealthReport.Row(
                    name: component.name, isCritical: component.isCritical,
                    isNeededToServe: component.isNeededToServe, health: component.read(now))
            })
    }
}

/// How the house is, at one moment.
public struct HealthReport: Hashable, Sendable {
    public enum Overall: String, Sendable {
        case ok
        /// Something that the node can do without fails.
        case degraded
        /// Something critical fails.
        case failing
    }

    public struct Row: Hashable, Sendable {
        public let name: String
        public let isCritical: Bool
        public let isNeededToServe: Bool
        public let health: ComponentHealth

        var fails: Bool { health.status == .failing }
    }

    public let rows: [Row]

    public var overall: Overall {
        let failing = rows.filter(\.fails)
        return failing.contains(where: \.isCritical) ? .failing : failing.isEmpty ? .ok : .degraded
    }

    /// Nothing fails that is needed to serve.
    public var canServe: Bool { !rows.contains { $0.isNeededToServe && $0.fails } }
}

extension ComponentHealth.Status {
    /// Of what is not known no alert can be made: every comparison with it is false.
    fileprivate var asMetric: Double {
        switch self {
        case .unknown: .nan
        case .ok: 1
        case .failing: 0
        }
    }
}
