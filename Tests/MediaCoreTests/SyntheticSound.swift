import Glibc

@testable import MediaCore

/// Sounds to try detectors on: made, so that no recording is needed, and the same on every machine.
enum SyntheticSound {
    /// Something with the statistics of speech: syllables of gliding voiced harmonics with formants, hissing consonants,
    /// pauses, and a little noise under it all.
    static func speech(seconds: Double, rate: SampleRate, seed: UInt64) -> [Double] {
        var random = SeededGenerator(seed: seed)
        var samples: [Double] = []
        var phase = 0.0
        while samples.count < Int(seconds * Double(rate.rawValue)) {
            let kind = Int.random(in: 0..<10, using: &random)
            let pitch = Double.random(in: 90...220, using: &random)
            let glide = Double.random(in: -60...60, using: &random)
            let formants = [Double.random(in: 300...800, using: &random), .random(in: 900...2_400, using: &random)]
            let period = voicedPeriod(pitch: pitch, formants: formants)
            let count = Int(Double.random(in: 0.08...0.3, using: &random) * Double(rate.rawValue))
            for index in 0..<count {
                let place = Double(index) / Double(count)
                phase += (pitch + glide * place) / Double(rate.rawValue)
                var value = 0.0
                if kind < 7 { value = period[Int(phase * 1_024) & 1_023] }
                if kind == 7 || kind == 8 { value = random.unit() * 0.5 }
                samples.append(value * 4 * place * (1 - place) + random.unit() * 0.004)
            }
        }
        return samples
    }

    /// One turn of the vocal cords, as it sounds through these formants.
    private static func voicedPeriod(pitch: Double, formants: [Double]) -> [Double] {
        var period = [Double](repeating: 0, count: 1_024)
        for harmonic in 1...16 {
            let gain = formants.reduce(0.03) { $0 + 1 / (1 + pow((pitch * Double(harmonic) - $1) / 120, 2)) } / 3
            for index in 0..<1_024 {
                period[index] += gain * sin(2 * .pi * Double(harmonic * index) / 1_024 + Double(harmonic * harmonic))
            }
        }
        return period
    }

    /// Tones of the same strength together.
    static func tone(_ frequencies: [Double], seconds: Double, rate: SampleRate, phase: Double = 0) -> [Double] {
        (0..<Int(seconds * Double(rate.rawValue))).map { index in
            let time = Double(index) / Double(rate.rawValue)
            return frequencies.reduce(0.0) { $0 + sin(2 * .pi * $1 * time + phase) } / Double(frequencies.count)
        }
    }

    /// Like the noise of a line: most values small, some far out.
    static func noise(seconds: Double, rate: SampleRate, seed: UInt64) -> [Double] {
        var random = SeededGenerator(seed: seed)
        return (0..<Int(seconds * Double(rate.rawValue))).map { _ in
            (random.unit() + random.unit() + random.unit() + random.unit()) / 2
        }
    }

    /// What is too loud is cut off.
    static func samples(_ sound: [Double], amplitude: Double) -> [Int16] {
        sound.map { Int16(min(max(($0 * amplitude).rounded(), -32_768), 32_767)) }
    }

    static func bytes(of samples: [Int16], as encoding: AudioFormat.Encoding) -> [UInt8] {
        guard encoding != .pcm16 else {
            return samples.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
        }
        var codes = [UInt8](repeating: 0, count: samples.count)
        var span = codes.mutableSpan
        (encoding == .muLaw ? G711.muLaw : .aLaw).encode(samples.span, into: &span)
        return codes
    }
}

extension SeededGenerator {
    /// From -1 to 1.
    fileprivate mutating func unit() -> Double { Double(Int64(bitPattern: next())) / 0x1p63 }
}
