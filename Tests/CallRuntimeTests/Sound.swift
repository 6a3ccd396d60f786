import Glibc
import MediaCore

/// Tones, and how well they arrived.
enum Sound {
    static func tone(_ frequency: Double, milliseconds: Int, rate: Int, amplitude: Double = 8_000) -> [Int16] {
        (0..<milliseconds * rate / 1_000).map {
            Int16(amplitude * sin(2 * .pi * frequency * Double($0) / Double(rate)))
        }
    }

    /// Harmonics whose pitch and loudness move, as a voice's do.
    static func voice(milliseconds: Int, rate: Int) -> [Int16] {
        var phase = 0.0
        return (0..<milliseconds * rate / 1_000).map { index in
            let time = Double(index) / Double(rate)
            phase += 2 * .pi * (130 + 40 * sin(12 * time)) / Double(rate)
            let sound = (1...12).reduce(0) { $0 + sin(Double($1) * phase) / Double($1) }
            return Int16(5_000 * (1 + 0.7 * sin(20 * time)) * sound / 2)
        }
    }

    static func muLaw(_ samples: [Int16]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: samples.count)
        var target = bytes.mutableSpan
        G711.muLaw.encode(samples.span, into: &target)
        return bytes
    }

    static func samples(muLaw bytes: [UInt8]) -> [Int16] {
        var samples = [Int16](repeating: 0, count: bytes.count)
        var target = samples.mutableSpan
        G711.muLaw.decode(bytes.span, into: &target)
        return samples
    }

    static func pcm(_ samples: [Int16]) -> [UInt8] {
        samples.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
    }

    static func samples(pcm bytes: [UInt8]) -> [Int16] {
        stride(from: 0, to: bytes.count - 1, by: 2).map {
            Int16(truncatingIfNeeded: Int(bytes[$0 + 1]) << 8 | Int(bytes[$0]))
        }
    }

    /// The amplitude of a tone that would be as loud.
    static func level(of part: ArraySlice<Int16>) -> Double {
        var power = 0.0
        for sample in part { power += Double(sample) * Double(sample) }
        return (2 * power / Double(part.count)).squareRoot()
    }

    /// Between two neighbours: a click is a large one.
    static func largestStep(in part: ArraySlice<Int16>) -> Double {
        var largest = 0
        for index in part.indices.dropFirst() { largest = max(largest, abs(Int(part[index]) - Int(part[index - 1]))) }
        return Double(largest)
    }

    /// How loud a tone is in dB against `amplitude`, and what is there besides, in dB against the tone. A wrong pitch, a
    /// click, a gap or a doubled frame shows as something besides.
    static func measure(
        _ samples: some Collection<Int16>, _ frequency: Double, rate: Int, amplitude: Double = 8_000
    ) -> (level: Double, rest: Double) {
        var (real, imaginary, power) = (0.0, 0.0, 0.0)
        for (index, sample) in samples.enumerated() {
            let angle = 2 * Double.pi * frequency * Double(index) / Double(rate)
            real += Double(sample) * cos(angle)
            imaginary += Double(sample) * sin(angle)
            power += Double(sample) * Double(sample)
        }
        let count = Double(samples.count)
        let found = 2 / count * (real * real + imaginary * imaginary).squareRoot()
        let rest = max(1e-9, power / count - found * found / 2)
        return (20 * log10(found / amplitude), 10 * log10(rest / (found * found / 2)))
    }
}
