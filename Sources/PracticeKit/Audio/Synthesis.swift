internal import Glibc

/// A fade without corners: half a cosine.
enum Ramp {
    /// - Parameter place: 0 at the silent end, 1 at the full one.
    static func share(_ place: Double) -> Double {
        0.5 - 0.5 * cos(.pi * min(max(place, 0), 1))
    }
}

/// Sounds of known pitch and level. Levels are in dB below the loudest sine that 16 bits hold (so -12 means a sine of a
/// quarter of full scale).
extension Sound {
    /// A sine that begins and ends without a click.
    public static func tone(
        _ pitch: Double, level: Double = -12, for duration: Duration, rate: Int = phoneRate,
        ramp: Duration = .milliseconds(5)
    ) -> Sound {
        let peak = 32_767 * pow(10, level / 20)
        let samples = (0..<count(of: duration, rate: rate)).map { index in
            sample(peak * sin(2 * .pi * pitch * Double(index) / Double(rate)))
        }
        return Sound(rate: rate, samples: samples).faded(over: ramp)
    }

    /// Something like a voice: the harmonics of one steady pitch under three formants, in syllables that never fall
    /// silent, so that an ear (or a detector of speech) hears one person talk from beginning to end.
    ///
    /// - Parameter seed: chooses the syllables; the same seed says the same.
    public static func speech(
        pitch: Double = 140, level: Double = -18, for duration: Duration, rate: Int = phoneRate, seed: UInt64 = 1
    ) -> Sound {
        var random = SeededRandom(seed: seed)
        var syllables = Syllables(random: &random)
        let total = count(of: duration, rate: rate)
        let harmonics = Int(min(3_400, Double(rate) * 0.45) / pitch)
        var wave: [Double] = []
        wave.reserveCapacity(total)
        for index in 0..<total {
            let time = Double(index) / Double(rate)
            let syllable = syllables.now(time, random: &random)
            var value = 0.0
            for harmonic in 1...max(1, harmonics) {
                let frequency = pitch * Double(harmonic)
                value += syllable.weight(of: frequency) * sin(2 * .pi * frequency * time)
            }
            wave.append(value * syllable.loudness)
        }
        return Sound(rate: rate, samples: levelled(wave, at: level)).faded(over: .milliseconds(10))
    }

    /// Scales to a level and keeps the peaks inside 16 bits.
    private static func levelled(_ wave: [Double], at level: Double) -> [Int16] {
        let power = wave.reduce(0) { $0 + $1 * $1 } / Double(max(1, wave.count))
        let peak = wave.reduce(0) { max($0, abs($1)) }
        guard power > 0 else { return wave.map { _ in 0 } }
        let wanted = 32_767 * pow(10, level / 20) / 2.0.squareRoot()
        let scale = min(wanted / power.squareRoot(), 32_000 / peak)
        return wave.map { sample($0 * scale) }
    }

    private static func sample(_ value: Double) -> Int16 {
        Int16(max(-32_768, min(32_767, value.rounded())))
    }
}

/// The vowels of a voice, one after the other, each gliding into the next.
private struct Syllables {
    struct Sounding {
        let formants: [Double]
        let loudness: Double

        /// How much of a harmonic gets through the mouth. The first few are never weak: the pitch stays measurable.
        func weight(of frequency: Double) -> Double {
            var weight = 0.15 * exp(-frequency / 600)
            for (index, formant) in formants.enumerated() {
                let distance = (frequency - formant) / (90 + 40 * Double(index))
                weight += pow(0.5, Double(index)) * exp(-distance * distance / 2)
            }
            return weight
        }
    }

    private static let vowels: [[Double]] = [
        [730, 1_090, 2_440], [530, 1_840, 2_480], [390, 1_990, 2_550], [570, 840, 2_410], [440, 1_020, 2_240],
        [660, 1_720, 2_410],
    ]

    private var from: [Double]
    private var into: [Double]
    private var began = 0.0
    private var length = 0.2

    init(random: inout SeededRandom) {
        from = Self.vowels[random.below(Self.vowels.count)]
        into = Self.vowels[random.below(Self.vowels.count)]
    }

    mutating func now(_ time: Double, random: inout SeededRandom) -> Sounding {
        if time >= began + length {
            began += length
            length = 0.14 + 0.01 * Double(random.below(14))
            from = into
            into = Self.vowels[random.below(Self.vowels.count)]
        }
        let place = (time - began) / length
        let share = Ramp.share(place)
        let loudness = 0.35 + 0.65 * sin(.pi * min(max(place, 0), 1))
        return Sounding(formants: zip(from, into).map { $0 + ($1 - $0) * share }, loudness: loudness)
    }
}
