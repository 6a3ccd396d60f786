import Telemetry
import Testing

@Suite("Metrics")
struct MetricsTests {
    private let registry = MetricsRegistry()
    private let calls = CounterMetric("test_calls_total", "Calls.", labels: ["direction", "status"], seriesLimit: 2)
    private let depth = GaugeMetric("test_depth", "Depth.")
    private let wait = HistogramMetric(
        "test_wait_seconds", "Wait.", labels: ["leg"], bounds: [.milliseconds(1), .milliseconds(500), .seconds(2)])

    @Test("The exposition lists families by name and series by label")
    func exposition() {
        registry.counter(calls, "out", "ok").increment(by: 3)
        registry.counter(calls, "in", "ok").increment()
        registry.gauge(depth).set(2.5)
        let histogram = registry.histogram(wait, "phone")
        for milliseconds in [0, 1, 2, 500, 501, 2_000, 2_001] { histogram.observe(.milliseconds(milliseconds)) }
        #expect(
            registry.exposition() == """
                # HELP test_calls_total Calls.
                # TYPE test_calls_total counter
                test_calls_total{direction="in",status="ok"} 1
                test_calls_total{direction="out",status="ok"} 3
                # HELP test_depth Depth.
                # TYPE test_depth gauge
                test_depth 2.5
                # HELP test_wait_seconds Wait.
                # TYPE test_wait_seconds histogram
                test_wait_seconds_bucket{leg="phone",le="0.001"} 2
                test_wait_seconds_bucket{leg="phone",le="0.5"} 4
                test_wait_seconds_bucket{leg="phone",le="2"} 6
                test_wait_seconds_bucket{leg="phone",le="+Inf"} 7
                test_wait_seconds_sum{leg="phone"} 5.005
                test_wait_seconds_count{leg="phone"} 7

                """)
    }

    @Test("The same labels give the same series")
    func sameSeries() {
        #expect(registry.counter(calls, "in", "ok") === registry.counter(calls, "in", "ok"))
        #expect(registry.counter(calls, "in", "ok") !== registry.counter(calls, "out", "ok"))
        #expect(registry.gauge(depth) === registry.gauge(depth))
        #expect(registry.histogram(wait, "a") === registry.histogram(wait, "a"))
    }

    @Test("Label sets beyond the limit share one series, and are counted")
    func overflow() {
        registry.counter(calls, "in", "1").increment()
        registry.counter(calls, "in", "2").increment()
        for status in 3...9 { registry.counter(calls, "in", "\(status)").increment(by: 10) }
        registry.counter(calls, "in", "1").increment()
        #expect(
            registry.exposition() == """
                # HELP patchbay_metric_overflow_total Label sets beyond a metric's limit, which went to its series `other`.
                # TYPE patchbay_metric_overflow_total counter
                patchbay_metric_overflow_total{metric="test_calls_total"} 7
                # HELP test_calls_total Calls.
                # TYPE test_calls_total counter
                test_calls_total{direction="in",status="1"} 2
                test_calls_total{direction="in",status="2"} 1
                test_calls_total{direction="other",status="other"} 70

                """)
    }

    @Test("Quotes, backslashes and newlines in labels and help are escaped")
    func escaping() {
        registry.counter(CounterMetric("odd_total", "a\\b\n\"c\"", labels: ["l"]), "a\\b\n\"c\"").increment()
        #expect(
            registry.exposition() == #"""
                # HELP odd_total a\\b\n"c"
                # TYPE odd_total counter
                odd_total{l="a\\b\n\"c\""} 1

                """#)
    }

    @Test(
        "A reading is taken when it is asked for, in any value",
        arguments: [(.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (1e300, "1e+300"), (-7, "-7")]
            as [(Double, String)])
    func reading(value: Double, shown: String) {
        registry.gauge(depth) { 1 }
        registry.gauge(depth) { value }
        #expect(registry.exposition().hasSuffix("test_depth \(shown)\n"))
    }

    @Test("Nothing is lost when many threads count at once")
    func concurrent() async {
        let counter = registry.counter(calls, "in", "ok")
        let gauge = registry.gauge(depth)
        let histogram = registry.histogram(wait, "phone")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<10_000 {
                        counter.increment()
                        gauge.add(0.5)
                        histogram.observe(nanoseconds: 1_000)
                    }
                }
            }
        }
        #expect(counter.value == 40_000)
        #expect(gauge.value == 20_000)
        #expect(histogram.reading.counts == [40_000, 0, 0, 0])
        #expect(histogram.reading.sum == .milliseconds(40))
    }

    @Test("Durations beyond all bounds and below zero are counted like any other")
    func extremes() {
        let histogram = registry.histogram(wait, "phone")
        histogram.observe(nanoseconds: .max)
        histogram.observe(.seconds(-1))
        #expect(histogram.reading.counts == [1, 0, 0, 1])
        #expect(histogram.reading.count == 2)
    }
}
