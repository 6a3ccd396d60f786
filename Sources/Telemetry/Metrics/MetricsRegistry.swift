internal import Synchronization

/// All series of the process, and their rendering for Prometheus.
///
/// Resolving a series takes a lock and belongs to start-up, or to where a thing begins. The handles it gives do not.
public final class MetricsRegistry: Sendable {
    enum Series: Sendable {
        case counter(Counter)
        case gauge(Gauge)
        case reading(@Sendable () -> Double)
        case histogram(Histogram)
    }

    struct Family: Sendable {
        let description: MetricDescription
        var series: [[String]: Series] = [:]
    }

    private let families = Mutex<[String: Family]>([:])

    public init() {}

    /// The series with these label values, in the order of the metric's labels.
    public func counter(_ metric: CounterMetric, _ labels: String...) -> Counter {
        guard case .counter(let counter) = resolve(metric.description, labels, make: { .counter(Counter()) }) else {
            return Counter()
        }
        return counter
    }

    public func gauge(_ metric: GaugeMetric, _ labels: String...) -> Gauge {
        guard case .gauge(let gauge) = resolve(metric.description, labels, make: { .gauge(Gauge()) }) else {
            return Gauge()
        }
        return gauge
    }

    /// A gauge that is read when it is asked for; the latest reader of a series holds. `read` must not block.
    public func gauge(_ metric: GaugeMetric, _ labels: String..., read: @escaping @Sendable () -> Double) {
        _ = resolve(metric.description, labels, replaces: true, make: { .reading(read) })
    }

    public func histogram(_ metric: HistogramMetric, _ labels: String...) -> Histogram {
        let series = resolve(metric.description, labels, make: { .histogram(Histogram(bounds: metric.bounds)) })
        guard case .histogram(let histogram) = series else { return Histogram(bounds: metric.bounds) }
        return histogram
    }

    /// The text exposition format, version 0.0.4: families by name, series by label values.
    public func exposition() -> String {
        let families = families.withLock { Array($0.values) }.sorted { $0.description.name < $1.description.name }
        var text = Exposition()
        for family in families { text.append(family) }
        return text.text
    }

    private func resolve(
        _ description: MetricDescription, _ labels: [String], replaces: Bool = false, make: () -> Series
    ) -> Series {
        assert(labels.count == description.labels.count, "\(description.name) has \(description.labels.count) labels")
        let values = description.labels.indices.map { $0 < labels.count ? labels[$0] : "" }
        let (series, overflowed) = families.withLock { families in
            families[description.name, default: Family(description: description)]
                .series(values, replaces: replaces, make: make)
        }
        if overflowed { counter(.metricOverflow, description.name).increment() }
        return series
    }
}

extension MetricsRegistry.Family {
    /// The series, and whether it stands in for one beyond the limit.
    fileprivate mutating func series(
        _ values: [String], replaces: Bool, make: () -> MetricsRegistry.Series
    ) -> (MetricsRegistry.Series, overflowed: Bool) {
        let isNew = series[values] == nil
        let overflows = isNew && !values.isEmpty && series.count >= description.seriesLimit
        let key = overflows ? values.map { _ in "other" } : values
        if !replaces, let existing = series[key] { return (existing, overflows) }
        let made = make()
        series[key] = made
        return (made, overflows)
    }
}
