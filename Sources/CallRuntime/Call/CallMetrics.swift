package import CallCore
public import Telemetry

/// What calls add up to.
public struct CallMetrics: Sendable {
    let registry: MetricsRegistry
    let line: LineMetrics
    let interruptions: Counter
    let objects: Gauge
    let tasks: Gauge

    public init(_ registry: MetricsRegistry) {
        self.registry = registry
        line = LineMetrics(registry)
        interruptions = registry.counter(.interruptions)
        objects = registry.gauge(.callObjects)
        tasks = registry.gauge(.callTasks)
    }

    package func active(_ vendor: UpstreamVendor) -> Gauge { registry.gauge(.callsActive, vendor.rawValue) }

    func ended(_ direction: CallDirection, _ vendor: UpstreamVendor?, _ reason: EndReason) {
        registry.counter(
            .calls, direction.rawValue, vendor?.rawValue ?? "none", reason.status.rawValue, reason.rawValue
        ).increment()
    }
}
