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
    public static let webhooks = CounterMetric(
        "patchbay_webhooks_total", "Webhooks of the carrier, by what they came to.", labels: ["path", "outcome"])
    public static let rejected = CounterMetric(
        "patchbay_rejected_total", "Requests and sockets turned away, by reason.", labels: ["reason"])
    public static let calls = CounterMetric(
        "patchbay_calls_total", "Calls that ended.", labels: ["direction", "upstream", "status", "end_reason"])
    public static let mediaFrames = CounterMetric(
        "patchbay_media_frames_total", "Messages with audio, by the leg and seen from us.",
        labels: ["leg", "direction"])
    public static let mediaGaps = CounterMetric(
        "patchbay_media_gaps_total", "Times that silence was put in for audio that did not come.", labels: ["leg"])
    public static let interruptions = CounterMetric(
        "patchbay_interruptions_total", "Times that a caller interrupted an agent.")
    public static let swept = CounterMetric(
        "patchbay_swept_total", "Records closed by the sweep: their calls were over and they were left open.",
        labels: ["reason"])
    public static let upstreamFailures = CounterMetric(
        "patchbay_upstream_failures_total", "Upstream sessions that failed or never began.",
        labels: ["upstream", "reason"])
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

extension GaugeMetric {
    public static let storeSpoolDepth = GaugeMetric(
        "patchbay_store_spool_depth", "Facts of calls that the store has not taken yet and that wait in its spool.")
    public static let callsActive = GaugeMetric(
        "patchbay_calls_active", "Calls whose caller is on the line.", labels: ["upstream"])
    public static let callObjects = GaugeMetric(
        "patchbay_call_objects", "Calls in memory: those on the line, and those whose record is still being written.")
    public static let callTasks = GaugeMetric("patchbay_call_tasks", "Tasks of calls that have not ended.")
    public static let dialsWaiting = GaugeMetric(
        "patchbay_dials_waiting", "Calls that wait to be dialled, at the account's pace or for their time.")
    public static let callsUnreconciled = GaugeMetric(
        "patchbay_calls_unreconciled", "Open records of which only the carrier knows what became of the call.")
    public static let sweepTasks = GaugeMetric(
        "patchbay_sweep_tasks", "Tasks of the sweep that have not ended: records being looked into.")
    public static let slabsInUse = GaugeMetric(
        "patchbay_audio_slabs_in_use", "Pieces of memory that hold audio; 0 when no call keeps any.")
}

extension HistogramMetric {
    public static let callDuration = HistogramMetric(
        "patchbay_call_duration_seconds", "From a call's answer to its end.",
        bounds: [
            .seconds(1), .seconds(5), .seconds(10), .seconds(30), .seconds(60), .seconds(120), .seconds(300),
            .seconds(600), .seconds(1_800), .seconds(3_600), .seconds(14_400),
        ])
    public static let bridgeLatency = HistogramMetric(
        "patchbay_bridge_latency_seconds", "From the bytes of a frame read to its write returned, inside the bridge.",
        labels: ["direction"], bounds: microscopic)
    public static let clearLatency = HistogramMetric(
        "patchbay_clear_latency_seconds", "From an interruption read to the order to clear written.",
        bounds: microscopic)
    public static let responseLatency = HistogramMetric(
        "patchbay_response_latency_seconds", "From the caller's last word to the agent's first audio sent.",
        labels: ["upstream"], bounds: human)
    public static let upstreamConnect = HistogramMetric(
        "patchbay_upstream_connect_seconds", "From an upstream's dial to its being ready.", labels: ["upstream"],
        bounds: human)

    public static let storeOperation = HistogramMetric(
        "patchbay_store_operation_seconds", "From an operation's asking to its answer, waiting included.",
        labels: ["operation"],
        bounds: [
            .microseconds(100), .microseconds(250), .microseconds(500), .milliseconds(1), .milliseconds(2),
            .milliseconds(5), .milliseconds(10), .milliseconds(20), .milliseconds(50), .milliseconds(100),
            .milliseconds(250), .milliseconds(500), .seconds(1), .seconds(5), .seconds(10),
        ])

    private static let microscopic: [Duration] = [
        .microseconds(5), .microseconds(10), .microseconds(25), .microseconds(50), .microseconds(100),
        .microseconds(250), .microseconds(500), .milliseconds(1), .milliseconds(2), .milliseconds(5),
        .milliseconds(10), .milliseconds(50),
    ]
    private static let human: [Duration] = [
        .milliseconds(50), .milliseconds(100), .milliseconds(200), .milliseconds(300), .milliseconds(500),
        .milliseconds(750), .seconds(1), .milliseconds(1_500), .seconds(2), .seconds(3), .seconds(5), .seconds(10),
    ]

    public static let loopLag = HistogramMetric(
        "patchbay_loop_lag_seconds", "How late an event loop gets to what is due.", labels: ["loop"],
        bounds: [
            .microseconds(50), .microseconds(100), .microseconds(250), .microseconds(500), .milliseconds(1),
            .milliseconds(2), .milliseconds(5), .milliseconds(10), .milliseconds(20), .milliseconds(50),
            .milliseconds(100), .milliseconds(250), .seconds(1), .seconds(10),
        ])
}
