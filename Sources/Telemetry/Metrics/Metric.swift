/// What a metric is called and means. Declared once, in `Metric+Names.swift`; the registry makes its series.
public struct MetricDescription: Hashable, Sendable {
    public static let defaultSeriesLimit = 256

    public let name: String
    public let help: String
    public let labels: [String]
    /// Label sets beyond this many share one series, in which every label reads `other`.
    public let seriesLimit: Int

    init(_ name: String, _ help: String, labels: [String], seriesLimit: Int) {
        self.name = name
        self.help = help
        self.labels = labels
        self.seriesLimit = seriesLimit
    }
}

/// Counts what happened; never goes down.
public struct CounterMetric: Hashable, Sendable {
    public let description: MetricDescription

    public init(
        _ name: String, _ help: String, labels: [String] = [],
        seriesLimit: Int = MetricDescription.defaultSeriesLimit
    ) {
        description = MetricDescription(name, help, labels: labels, seriesLimit: seriesLimit)
    }
}

/// A value that goes up and down.
public struct GaugeMetric: Hashable, Sendable {
    public let description: MetricDescription

    public init(
        _ name: String, _ help: String, labels: [String] = [],
        seriesLimit: Int = MetricDescription.defaultSeriesLimit
    ) {
        description = MetricDescription(name, help, labels: labels, seriesLimit: seriesLimit)
    }
}

/// How durations are spread over buckets; in seconds, as its name ends.
public struct HistogramMetric: Hashable, Sendable {
    public let description: MetricDescription
    /// The buckets' upper bounds, growing; at most `Histogram.bucketLimit` count.
    public let bounds: [Duration]

    public init(
        _ name: String, _ help: String, labels: [String] = [], bounds: [Duration],
        seriesLimit: Int = MetricDescription.defaultSeriesLimit
    ) {
        description = MetricDescription(name, help, labels: labels, seriesLimit: seriesLimit)
        self.bounds = bounds
    }
}
