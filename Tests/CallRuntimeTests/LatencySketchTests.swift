import CallCore
import Testing

@testable import CallRuntime

@Suite("Latency of one call")
struct LatencySketchTests {
    @Test(
        "A latency is told as at least what it was, and at most a quarter more",
        arguments: [0, 1, 3, 4, 5, 7, 8, 60, 127, 128, 1_000, 20_000, 130_000])
    func classes(microseconds: Int) throws {
        var sketch = LatencySketch()
        sketch.observe(nanoseconds: Int64(microseconds) * 1_000 + 999)
        let told = try #require(sketch.quantile(500))
        #expect(told >= microseconds && told <= microseconds + microseconds / 4)
    }

    @Test("Of a hundred pieces the median and the last but one count; what no clock should say is counted too")
    func quantiles() {
        var sketch = LatencySketch()
        #expect(sketch.bridgeLatency == nil)
        for _ in 0..<98 { sketch.observe(nanoseconds: 3_000) }
        sketch.observe(nanoseconds: 2_000_000)
        sketch.observe(nanoseconds: -5)
        #expect(sketch.bridgeLatency?.p50 == 3)
        #expect(sketch.bridgeLatency?.p99 == 3)
        for _ in 0..<10 { sketch.observe(nanoseconds: .max) }
        #expect(sketch.bridgeLatency?.p99 == 131_071)
    }
}
