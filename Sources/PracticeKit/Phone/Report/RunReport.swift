/// What became of all calls of a run.
public struct RunReport: Sendable {
    /// Of some durations.
    public struct Spread: Hashable, Sendable {
        public let count: Int
        public let least: Duration
        public let median: Duration
        public let p95: Duration
        public let most: Duration

        /// Nil when there are none.
        public init?(_ durations: [Duration]) {
            let sorted = durations.sorted()
            guard let first = sorted.first, let last = sorted.last else { return nil }
            count = sorted.count
            least = first
            most = last
            median = sorted[(sorted.count - 1) / 2]
            p95 = sorted[(sorted.count * 95 + 99) / 100 - 1]
        }
    }

    public let seed: UInt64
    public let calls: [CallReport]
    public let duration: Duration

    public init(seed: UInt64, calls: [CallReport], duration: Duration) {
        self.seed = seed
        self.calls = calls
        self.duration = duration
    }

    public var isFine: Bool { calls.allSatisfy(\.isFine) }

    var streams: [StreamReport] { calls.flatMap(\.streams) }

    func total(_ count: (StreamReport) -> Int) -> Int { streams.reduce(0) { $0 + count($1) } }

    var responses: Spread? { Spread(streams.flatMap { $0.turns.compactMap(\.response) }) }
    var clears: Spread? { Spread(streams.flatMap { $0.interruptions.compactMap(\.clear) }) }
    var connecting: Spread? { Spread(streams.compactMap(\.connecting)) }
}
