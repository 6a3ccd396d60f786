/// How the bytes at even places of a window differ from those at odd ones.
struct BytePairStatistics {
    enum Kind: Hashable {
        case asPromised
        case other
        case unclear
    }

    /// The bytes of one parity, as signed numbers.
    struct Half {
        var histogram = InlineArray<256, UInt16>(repeating: 0)
        var distinct = 0
        /// How much neighbours differ: 1 for what is random, near 0 for what is smooth. Nil for what hardly varies.
        var roughness: Double?

        /// Nothing but 0 and -1, and much of both: the high bytes of quiet PCM. As codes they would be silence and the
        /// loudest sample there is, in turn.
        var isSignOfQuiet: Bool {
            let (plus, minus) = (Int(histogram[0]), Int(histogram[255]))
            let count = FormatDetector.windowByteCount / 2
            return plus + minus >= count * 98 / 100 && min(plus, minus) >= count / 5
        }
    }

    private let even: Half
    private let odd: Half
    /// Share of the bytes that are 0.
    private let zeros: Double
    /// The window read as PCM.
    private let pcmVariance: Double
    private let pcmRoughness: Double?

    init(of window: Span<UInt8>) {
        even = Self.half(of: window, parity: 0)
        odd = Self.half(of: window, parity: 1)
        zeros = Double(Int(even.histogram[0]) + Int(odd.histogram[0])) / Double(window.count)
        var spread = Spread()
        for place in stride(from: 0, to: window.count - 1, by: 2) {
            spread.add(Int(Int16(truncatingIfNeeded: Int(window[place]) | Int(window[place + 1]) << 8)))
        }
        pcmVariance = spread.variance
        pcmRoughness = spread.roughness
    }

    private static func half(of window: Span<UInt8>, parity: Int) -> Half {
        var half = Half()
        var spread = Spread()
        for place in stride(from: parity, to: window.count, by: 2) {
            let value = Int(Int8(bitPattern: window[place]))
            half.histogram[Int(window[place])] &+= 1
            spread.add(value)
        }
        for value in 0..<256 where half.histogram[value] > 0 { half.distinct += 1 }
        half.roughness = spread.variance < 2 ? nil : spread.roughness
        return half
    }

    func kind(promised: AudioFormat.Encoding) -> Kind {
        switch promised {
        case .muLaw, .aLaw: looksLikePCM ? .other : isSteady ? .unclear : .asPromised
        case .pcm16: looksLikeG711 ? .other : isSteady || pcmVariance < 1e5 ? .unclear : .asPromised
        }
    }

    /// Silence or a steady tone: few values, which say nothing.
    private var isSteady: Bool { even.distinct < 16 || odd.distinct < 16 }

    private var looksLikePCM: Bool {
        // Digital silence of PCM; in G.711 it would be the loudest sample there is, for all that time.
        if zeros >= 0.9 || even.isSignOfQuiet || odd.isSignOfQuiet { return true }
        if distance > 0.4 { return even.distinct >= 200 || odd.distinct >= 200 }
        return Self.arePCM(low: even, high: odd) || Self.arePCM(low: odd, high: even)
    }

    /// Loud: the high bytes vary as much as the low ones, but smoothly.
    private static func arePCM(low: Half, high: Half) -> Bool {
        guard low.distinct >= 100, let smooth = high.roughness, let rough = low.roughness else { return false }
        return smooth < 0.35 && rough > 0.8
    }

    private var looksLikeG711: Bool {
        guard !isSteady, pcmVariance > 9e6, let pcmRoughness, pcmRoughness > 0.2 else { return false }
        return distance < 0.2 && concentration > 0.5
    }

    /// How far apart the two halves' distributions are, over 32 classes: 0 the same, 1 nothing in common.
    private var distance: Double {
        // Copied once: through the properties each element would copy its whole histogram.
        let (even, odd) = (even.histogram, odd.histogram)
        var difference = 0
        for first in stride(from: 0, to: 256, by: 8) {
            var balance = 0
            for value in first..<first + 8 { balance += Int(even[value]) - Int(odd[value]) }
            difference += abs(balance)
        }
        return Double(difference) / Double(FormatDetector.windowByteCount)
    }

    /// The share that the 64 most frequent of the 256 values have: a quarter if all are alike.
    private var concentration: Double {
        var counts = InlineArray<256, UInt16>(repeating: 0)
        let (even, odd) = (even.histogram, odd.histogram)
        for value in 0..<256 { counts[value] = even[value] + odd[value] }
        var total = 0
        for _ in 0..<64 {
            var best = 0
            for value in 0..<256 where counts[value] > counts[best] { best = value }
            total += Int(counts[best])
            counts[best] = 0
        }
        return Double(total) / Double(FormatDetector.windowByteCount)
    }
}

/// Mean, variance and how much neighbours differ.
private struct Spread {
    var count = 0
    private var sum = 0
    private var squares = 0
    private var differences = 0
    private var last = 0

    mutating func add(_ value: Int) {
        // Of a window's 16-bit values none of these can overflow.
        if count > 0 { differences &+= (value &- last) &* (value &- last) }
        last = value
        count &+= 1
        sum &+= value
        squares &+= value &* value
    }

    var variance: Double {
        let mean = Double(sum) / Double(max(1, count))
        return max(0, Double(squares) / Double(max(1, count)) - mean * mean)
    }

    var roughness: Double? {
        variance == 0 ? nil : Double(differences) / (2 * variance * Double(count))
    }
}
