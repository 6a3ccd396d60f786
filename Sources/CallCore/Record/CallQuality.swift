public import JSONWire

/// How well a call went, counted where it happened.
public struct CallQuality: Hashable, Sendable {
    /// Of a set of latencies.
    public struct Latencies: Hashable, Sendable {
        public var minimum: Int
        public var median: Int
        public var p95: Int

        public init(minimum: Int, median: Int, p95: Int) {
            self.minimum = minimum
            self.median = median
            self.p95 = p95
        }

        /// Of these milliseconds, by nearest rank; nil of none.
        public init?(of milliseconds: [Int]) {
            let sorted = milliseconds.sorted()
            guard let first = sorted.first else { return nil }
            func rank(_ perMille: Int) -> Int { sorted[max(0, (sorted.count * perMille + 999) / 1_000 - 1)] }
            self.init(minimum: first, median: rank(500), p95: rank(950))
        }
    }

    /// What the bridge itself added, in microseconds.
    public struct BridgeLatency: Hashable, Sendable {
        public var p50: Int
        public var p99: Int

        public init(p50: Int, p99: Int) {
            self.p50 = p50
            self.p99 = p99
        }
    }

    public var framesIn = 0
    public var framesOut = 0
    public var gaps = 0
    public var lateFrames = 0
    public var lostFrames = 0
    public var underruns = 0
    public var interruptions = 0
    public var malformedMessages = 0
    /// In milliseconds, from the caller's last word to the agent's first audio sent.
    public var responseLatency: Latencies?
    public var bridgeLatency: BridgeLatency?

    public init() {}

    public var json: JSONObject {
        .building { json in
            json.add("frames_in", .integer(framesIn))
            json.add("frames_out", .integer(framesOut))
            json.add("gaps", .integer(gaps))
            json.add("late_frames", .integer(lateFrames))
            json.add("lost_frames", .integer(lostFrames))
            json.add("underruns", .integer(underruns))
            json.add("interruptions", .integer(interruptions))
            json.add("malformed_messages", .integer(malformedMessages))
            json.addOrNull(
                "response_ms",
                responseLatency.map { latency in
                    .object(
                        .building { json in
                            json.add("min", .integer(latency.minimum))
                            json.add("median", .integer(latency.median))
                            json.add("p95", .integer(latency.p95))
                        })
                })
            json.addOrNull(
                "bridge_us",
                bridgeLatency.map { latency in
                    .object(
                        .building { json in
                            json.add("p50", .integer(latency.p50))
                            json.add("p99", .integer(latency.p99))
                        })
                })
        }
    }
}
