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

    /// Eight harmonics, as of a voice that holds its pitch.
    static func buzz(_ pitch: Double, rate: SampleRate, seconds: Double) -> [Int16] {
        (0..<Int(seconds * Double(rate.rawValue))).map { index in
            let angle = 2 * .pi * pitch * Double(index) / Double(rate.rawValue)
            var sum = 0.0
            for harmonic in 1...8 { sum += sin(Double(harmonic) * angle) / Double(harmonic) }
            return Int16(4_000 * sum)
        }
    }

    /// A syllable every 80 ms, of another pitch than the one before.
    static func syllables(rate: SampleRate, seconds: Double) -> [Int16] {
        let pitches = [110.0, 160, 130, 200, 145, 180]
        return (0..<Int(seconds * Double(rate.rawValue))).map { index in
            let time = Double(index) / Double(rate.rawValue)
            let place = Int(time / 0.08)
            let height = pow(sin(.pi * (time / 0.08 - Double(place))), 2)
            var sum = 0.0
            for harmonic in 1...9 {
                sum += sin(2 * .pi * pitches[place % 6] * Double(harmonic) * time) / Double(harmonic)
            }
            return Int16(3_000 * height * sum)
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

    /// Between two neighbours: a click is a large one.
    static func largestStep(in part: ArraySlice<Int16>) -> Double {
        var largest = 0
        for index in part.indices.dropFirst() { largest = max(largest, abs(Int(part[index]) - Int(part[index - 1]))) }
        return Double(largest)
    }

    static func decibels(_ value: Double, over reference: Double) -> Double {
        20 * log10(max(value, 1e-9) / reference)
    }
}
