// Every metric of the house. Dashboards are built on these names: see the metrics page before changing one.

extension CounterMetric {
    public static let errors = CounterMetric(
        "patchbay_errors_total", "Errors reported, by the part of the house and the stable code.",
        labels: ["component", "code"])
    public static let logDropped = CounterMetric(
        "patchbay_log_dropped_total", "Log lines lost because they came faster than they could be written.")
    public static let metricOverflow = CounterMetric(
        "patchbay_metric_overflow_total", "Label sets beyond a metric's limit, which went to its series `other`.",
        labels: ["metric"])
    public static let acceptPauses = CounterMetric(
        "patchbay_accept_pauses_total", "Times that accepting rested since descriptors or memory ran out.")
    public static let failedHandshakes = CounterMetric(
        "patchbay_tls_handshake_failures_total", "Incoming connections whose TLS did not come up.")
    public static let httpAnswers = CounterMetric(
        "patchbay_http_answers_total", "Requests answered, by the hundred of the status.", labels: ["status"])
    public static let probeRounds = CounterMetric(
        "patchbay_probe_rounds_total", "Rounds of the health probes, by what became of them.",
        labels: ["dependency", "outcome"])
    public static let rejected = CounterMetric(
        "patchbay_rejected_total", "Requests and sockets turned away, by reason.", labels: ["reason"])
}

extension GaugeMetric {
    public static let buildInfo = GaugeMetric(
        "patchbay_build_info", "Always 1; the label tells which version runs.", labels: ["version"])
    public static let dependencyUp = GaugeMetric(
        "patchbay_dependency_up", "1 while a part of the house is well, 0 while it fails, NaN while nothing is known.",
        labels: ["dependency", "critical"])
    public static let httpConnections = GaugeMetric(
        "patchbay_http_connections", "Open connections of the servers, WebSockets included.", labels: ["server"])
    public static let httpRequests = GaugeMetric(
        "patchbay_http_requests_in_flight", "Requests whose handlers run, streamed answers included.",
        labels: ["server"])
    public static let draining = GaugeMetric(
        "patchbay_draining", "1 while the node takes no new calls and waits for the last to end.")
}

extension HistogramMetric {
    public static let loopLag = HistogramMetric(
        "patchbay_loop_lag_seconds", "How late an event loop gets to what is due.", labels: ["loop"],
        bounds: [
            .microseconds(50), .microseconds(100), .microseconds(250), .microseconds(500), .milliseconds(1),
            .milliseconds(2), .milliseconds(5), .milliseconds(10), .milliseconds(20), .milliseconds(50),
            .milliseconds(100), .milliseconds(250), .seconds(1), .seconds(10),
        ])
}
