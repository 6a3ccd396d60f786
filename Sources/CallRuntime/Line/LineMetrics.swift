public import Telemetry

/// What the frames of all calls add up to. Counters and histograms without locks.
public struct LineMetrics: Sendable {
    let carrierIn: Counter
    let carrierOut: Counter
    let upstreamIn: Counter
    let upstreamOut: Counter
    let carrierGaps: Counter
    /// Bytes read to write returned.
    let callerLatency: Histogram
    let agentLatency: Histogram
    /// The upstream's event read to `clear` written.
    let clearLatency: Histogram

    public init(_ registry: MetricsRegistry) {
        carrierIn = registry.counter(.mediaFrames, "carrier", "in")
        carrierOut = registry.counter(.mediaFrames, "carrier", "out")
        upstreamIn = registry.counter(.mediaFrames, "upstream", "in")
        upstreamOut = registry.counter(.mediaFrames, "upstream", "out")
        carrierGaps = registry.counter(.mediaGaps, "carrier")
        callerLatency = registry.histogram(.bridgeLatency, "caller_to_agent")
        agentLatency = registry.histogram(.bridgeLatency, "agent_to_caller")
        clearLatency = registry.histogram(.clearLatency)
    }
}
