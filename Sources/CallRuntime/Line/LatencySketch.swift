internal import CallCore

/// How long the pieces of one call were under way in the bridge, in 256 bytes: four classes to a doubling, up to 131 ms.
struct LatencySketch {
    private static let classes = 64

    private var counts = InlineArray<64, UInt32>(repeating: 0)
    private var total = 0

    mutating func observe(nanoseconds: Int64) {
        counts[Self.place(of: max(0, nanoseconds) / 1_000)] &+= 1
        total += 1
    }

    /// Below 4 µs each microsecond has a class of its own; above it the two bits behind the highest one choose.
    private static func place(of microseconds: Int64) -> Int {
        guard microseconds >= 4 else { return Int(microseconds) }
        let octave = 63 - microseconds.leadingZeroBitCount
        return min(classes - 1, (octave - 1) * 4 + Int(microseconds >> Int64(octave - 2) & 3))
    }

    /// The most that a piece of this class can have taken.
    private static func limit(of place: Int) -> Int {
        guard place >= 4 else { return place }
        let octave = place / 4 + 1
        return (5 + place % 4) << (octave - 2) - 1
    }

    /// So many of a thousand took at most that many microseconds. Nil of none.
    func quantile(_ perMille: Int) -> Int? {
        let rank = (total * perMille + 999) / 1_000
        var seen = 0
        for place in 0..<Self.classes where counts[place] > 0 {
            seen += Int(counts[place])
            if seen >= rank { return Self.limit(of: place) }
        }
        return nil
    }

    var bridgeLatency: CallQuality.BridgeLatency? {
        guard let p50 = quantile(500), let p99 = quantile(990) else { return nil }
        return CallQuality.BridgeLatency(p50: p50, p99: p99)
    }
}
