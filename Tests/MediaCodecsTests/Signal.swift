import Glibc
import MediaCodecs
import MediaCore

/// Makes and measures test signals.
enum Signal {
    static func tone(_ frequency: Double, rate: SampleRate, seconds: Double, amplitude: Double = 16_000) -> [Int16] {
        (0..<Int(seconds * Double(rate.rawValue))).map { index in
            Int16((amplitude * sin(2 * .pi * frequency * Double(index) / Double(rate.rawValue) + 0.3)).rounded())
        }
    }

    /// All of `samples`, in chunks whose sizes come in turn.
    static func resampled(
        _ samples: [Int16], with resampler: inout Resampler, chunks: [Int] = [1 << 20]
    ) -> [Int16] {
        var result: [Int16] = []
        var start = 0
        var turn = 0
        while start < samples.count {
            let end = min(samples.count, start + chunks[turn % chunks.count])
            let input = samples.span.extracting(start..<end)
            var output = [Int16](repeating: 0, count: resampler.maximumCount(for: input.count))
            var span = output.mutableSpan
            let count = resampler.resample(input, into: &span)
            result += output.prefix(count)
            start = end
            turn += 1
        }
        return result
    }

    /// The amplitude of the one frequency, and that of everything else together, over 200 ms.
    static func analysis(of part: ArraySlice<Int16>, frequency: Double) -> (tone: Double, rest: Double) {
        var (inPhase, across, power) = (0.0, 0.0, 0.0)
        for (index, sample) in part.enumerated() {
            let value = Double(sample)
            let angle = 2 * .pi * frequency * Double(index) / (5 * Double(part.count))
            inPhase += value * cos(angle)
            across += value * sin(angle)
            power += value * value
        }
        let scale = 2 / Double(part.count)
        let tone = hypot(inPhase, across) * scale
        return (tone, max(0, power * scale - tone * tone).squareRoot())
    }

    static func decibels(_ value: Double, over reference: Double) -> Double {
        20 * log10(max(value, 1e-9) / reference)
    }
}
