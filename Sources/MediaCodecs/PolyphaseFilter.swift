internal import MediaCore

/// Resamples by a whole factor, up or down, in integers: the filter that both directions of a phone call go through.
///
/// 32 taps for each sample of the lower rate, a Kaiser window of 70 dB around half that rate. In integers the compiler
/// multiplies eight samples at once, which floats do not allow it to: 20 ms from 8 to 24 kHz take a quarter of the time
/// that libspeexdsp needs at a quality that is good enough, with half the delay.
struct PolyphaseFilter: ~Copyable {
    /// Taps for each sample of the lower rate.
    private static let taps = 32
    /// Samples taken in at once; more are done in turns.
    private static let blockLength = 480

    private let factor: Int
    private let isUpward: Bool
    /// How many samples of the source make one of the target: the length of one dot product.
    private let length: Int
    /// Last tap first; upwards, one set for each of the `factor` samples that follow a source sample.
    private let coefficients: [Int16]
    /// The last `length - 1` samples, then the block that is being worked on.
    private var samples: [Int16]
    /// Downwards: how many source samples to pass over before the next one of the target.
    private var toSkip = 0

    /// Nil if neither rate is a multiple of the other.
    init?(from source: SampleRate, to target: SampleRate) {
        let (low, high) = (min(source.rawValue, target.rawValue), max(source.rawValue, target.rawValue))
        guard high % low == 0, let filter = Self.filters[high / low] else { return nil }
        factor = high / low
        isUpward = target.rawValue == high
        length = isUpward ? Self.taps : Self.taps * factor
        coefficients = isUpward ? filter.upward : filter.downward
        samples = Array(repeating: 0, count: length - 1 + Self.blockLength)
    }

    /// In samples of the source.
    var delay: Int { length / 2 }

    mutating func reset() {
        for index in samples.indices { samples[index] = 0 }
        toSkip = 0
    }

    /// - Precondition: There is room for what `input` makes.
    mutating func resample(_ input: Span<Int16>, into output: inout MutableSpan<Int16>, at offset: Int) -> Int {
        var written = offset
        var start = 0
        while start < input.count {
            let count = min(Self.blockLength, input.count - start)
            for index in 0..<count { samples[length - 1 + index] = input[start + index] }
            if isUpward {
                written += up(count, &output, at: written)
            } else {
                let made = down(count, from: toSkip, &output, at: written)
                toSkip += made * factor - count
                written += made
            }
            for index in 0..<length - 1 { samples[index] = samples[count + index] }
            start += count
        }
        return written - offset
    }

    private func up(_ count: Int, _ output: inout MutableSpan<Int16>, at offset: Int) -> Int {
        let (samples, coefficients) = (samples.span, coefficients.span)
        var written = offset
        for index in 0..<count {
            for phase in 0..<factor {
                output[written] = Self.product(samples, at: index, coefficients, at: phase * Self.taps, Self.taps)
                written += 1
            }
        }
        return written - offset
    }

    /// - Parameter first: The source sample that the next one of the target falls on. It may be behind these.
    private func down(_ count: Int, from first: Int, _ output: inout MutableSpan<Int16>, at offset: Int) -> Int {
        let (samples, coefficients) = (samples.span, coefficients.span)
        var written = offset
        for index in stride(from: first, to: count, by: factor) {
            output[written] = Self.product(samples, at: index, coefficients, at: 0, length)
            written += 1
        }
        return written - offset
    }

    /// The coefficients have 14 bits behind the point, so that even full scale against every sign stays within 32 bits.
    @inline(__always)
    private static func product(
        _ samples: Span<Int16>, at start: Int, _ coefficients: Span<Int16>, at first: Int, _ count: Int
    ) -> Int16 {
        precondition(start + count <= samples.count && first + count <= coefficients.count)
        var sum: Int32 = 1 << 13
        for tap in 0..<count {
            // SAFETY: both ranges are inside their spans, as just checked.
            let (sample, weight) = unsafe (samples[unchecked: start &+ tap], coefficients[unchecked: first &+ tap])
            sum &+= Int32(sample) &* Int32(weight)
        }
        return Int16(clamping: sum >> 14)
    }
}
