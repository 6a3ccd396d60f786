internal import Glibc

// What was heard, in numbers. Levels are in dB below the loudest sine that 16 bits hold, as in synthesis.

extension Sound {
    /// Stands for "nothing at all".
    public static let noLevel = -120.0

    /// The level of all of it.
    public var level: Double { Self.level(of: samples[...]) }

    static func level(of samples: ArraySlice<Int16>) -> Double {
        guard !samples.isEmpty else { return noLevel }
        let power = samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(samples.count)
        guard power > 0 else { return noLevel }
        return max(noLevel, 10 * log10(power * 2 / (32_767 * 32_767)))
    }

    /// The pitch of a steady sound between 60 and 2,000 Hz, to 0.1 % and better on half a second or more; nil if it has
    /// none. By autocorrelation: the first lag at which the sound repeats itself, refined at ever longer lags.
    public var pitch: Double? {
        let longest = rate / 60
        let window = min(samples.count / 2, rate / 5)
        guard window > longest * 2 else { return nil }
        let scores = (0...longest + 1).map { similarity(at: $0, window: window) }
        let shortest = max(2, rate / 2_000)
        let best = scores[shortest...longest].max() ?? 0
        guard best > 0.5 else { return nil }
        // The period is the first lag that is as good as the best; later ones are its multiples.
        guard
            let first = (shortest...longest).first(where: { lag in
                scores[lag] >= best * 0.9 && scores[lag] >= scores[lag - 1] && scores[lag] >= scores[lag + 1]
            })
        else { return nil }
        var period = peak(near: Double(first), window: window, reach: 1) ?? Double(first)
        var multiple = 2
        while Double(multiple) * period < Double(min(samples.count - window, rate / 2)) - 4 {
            guard let lag = peak(near: period * Double(multiple), window: window, reach: 2) else { break }
            period = lag / Double(multiple)
            multiple *= 2
        }
        return Double(rate) / period
    }

    /// How much the sound is like itself `lag` samples later: 1 is the same.
    private func similarity(at lag: Int, window: Int) -> Double {
        guard lag + window <= samples.count else { return 0 }
        var product = 0.0
        var here = 0.0
        var there = 0.0
        for index in 0..<window {
            let (one, other) = (Double(samples[index]), Double(samples[index + lag]))
            product += one * other
            here += one * one
            there += other * other
        }
        return here > 0 && there > 0 ? product / (here * there).squareRoot() : 0
    }

    /// The place of the highest similarity near `lag`, between the samples.
    private func peak(near lag: Double, window: Int, reach: Int) -> Double? {
        let middle = Int(lag.rounded())
        let places = (middle - reach - 1...middle + reach + 1).map { similarity(at: max(0, $0), window: window) }
        guard let top = (1..<places.count - 1).max(by: { places[$0] < places[$1] }), places[top] > 0.5 else {
            return nil
        }
        let (left, centre, right) = (places[top - 1], places[top], places[top + 1])
        let bend = left - 2 * centre + right
        guard bend < 0 else { return nil }
        return Double(middle - reach - 1 + top) + (left - right) / (2 * bend)
    }

    // MARK: one tone

    /// The level of the part of the sound that is this tone.
    public func level(ofTone pitch: Double) -> Double {
        Self.level(ofTone: pitch, in: samples[...], rate: rate)
    }

    /// Goertzel's filter under a Hann window, so that neighbours leak in little.
    static func level(ofTone pitch: Double, in samples: ArraySlice<Int16>, rate: Int) -> Double {
        guard samples.count > 1 else { return noLevel }
        let turn = 2 * cos(2 * .pi * pitch / Double(rate))
        var (last, beforeLast, weights) = (0.0, 0.0, 0.0)
        for (place, sample) in samples.enumerated() {
            let weight = 0.5 - 0.5 * cos(2 * .pi * (Double(place) + 0.5) / Double(samples.count))
            weights += weight
            (last, beforeLast) = (Double(sample) * weight + turn * last - beforeLast, last)
        }
        let power = last * last + beforeLast * beforeLast - turn * last * beforeLast
        guard power > 0 else { return noLevel }
        return max(noLevel, 20 * log10(2 * power.squareRoot() / weights / 32_767))
    }

    /// Whether each step of `step` holds this tone and little else, so that one sees when it came and went.
    public func presence(
        ofTone pitch: Double, step: Duration = .milliseconds(20), above threshold: Double = -40
    ) -> [Bool] {
        frames(of: step).map { frame in
            let tone = Self.level(ofTone: pitch, in: frame, rate: rate)
            return tone > threshold && tone > Self.level(of: frame) - 3
        }
    }

    private func frames(of step: Duration) -> [ArraySlice<Int16>] {
        let length = max(1, Self.count(of: step, rate: rate))
        return stride(from: 0, to: samples.count - samples.count % length, by: length).map { samples[$0..<$0 + length] }
    }
}
