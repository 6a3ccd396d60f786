import Glibc

/// How loud a stretch of audio is and whether something is wrong with it.
public struct AudioLevels: Hashable, Sendable {
    /// The loudest that μ-law can say. What reaches it was cut off, here or before.
    static let clippingLevel = 32_124

    public private(set) var count = 0
    /// The furthest from zero, 0 to 32,768.
    public private(set) var peak = 0
    public private(set) var clipped = 0
    private var sum = 0
    private var sumOfSquares: UInt64 = 0

    public init() {}

    public mutating func add(_ samples: Span<Int16>) {
        for index in samples.indices {
            let sample = Int(samples[index])
            let magnitude = abs(sample)
            peak = max(peak, magnitude)
            if magnitude >= Self.clippingLevel { clipped += 1 }
            sum += sample
            sumOfSquares &+= UInt64(magnitude * magnitude)
        }
        count += samples.count
    }

    /// Effective value, 0 to 32,768, with what stands still in it.
    public var rms: Double {
        count == 0 ? 0 : (Double(sumOfSquares) / Double(count)).squareRoot()
    }

    /// What stands still: a microphone or converter that is off centre.
    public var dc: Double {
        count == 0 ? 0 : Double(sum) / Double(count)
    }

    /// Effective value against full scale; nil for digital silence.
    public var rmsDecibels: Double? { decibels(of: rms) }

    public var peakDecibels: Double? { decibels(of: Double(peak)) }

    private func decibels(of value: Double) -> Double? {
        value == 0 ? nil : 20 * log10(value / 32_768)
    }
}
