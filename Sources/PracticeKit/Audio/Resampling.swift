internal import Glibc

extension Sound {
    /// The same sound at another rate: a windowed-sinc filter, exact in time (no delay), quiet by 70 dB and more where
    /// the new rate has no room.
    public func resampled(to newRate: Int) -> Sound {
        guard newRate != rate else { return self }
        let common = Self.greatestCommonDivisor(rate, newRate)
        let (up, down) = (newRate / common, rate / common)
        let filters = (0..<up).map { phase in
            Self.filter(offset: Double(phase) * Double(down) / Double(up), rate, newRate)
        }
        let count = samples.count * up / down
        var output: [Int16] = []
        output.reserveCapacity(count)
        let old = samples.span
        for index in 0..<count {
            let filter = filters[index % up]
            let centre = index / up * down + filter.whole
            var sum = 0.0
            let (first, weights) = (centre - filter.reach, filter.weights.span)
            // Before the beginning and behind the end there is silence.
            for place in max(0, -first)..<max(max(0, -first), min(weights.count, samples.count - first)) {
                sum += weights[place] * Double(old[first + place])
            }
            output.append(Int16(max(-32_768, min(32_767, sum.rounded()))))
        }
        return Sound(rate: newRate, samples: output)
    }

    private struct Filter {
        let whole: Int
        let reach: Int
        let weights: [Double]
    }

    /// The weights of the old samples around a place between them.
    private static func filter(offset: Double, _ rate: Int, _ newRate: Int) -> Filter {
        let cutoff = min(1, Double(newRate) / Double(rate)) * 0.94
        let reach = Int((24 / cutoff).rounded(.up))
        let whole = Int(offset)
        let fraction = offset - Double(whole)
        let weights = (-reach...reach).map { tap in
            let distance = Double(tap) - fraction
            let angle = .pi * distance * cutoff
            let sinc = angle == 0 ? 1 : sin(angle) / angle
            let place = distance / Double(reach + 1)
            let window = 0.42 + 0.5 * cos(.pi * place) + 0.08 * cos(2 * .pi * place)
            return sinc * window
        }
        let sum = weights.reduce(0, +)
        return Filter(whole: whole, reach: reach, weights: weights.map { $0 / sum })
    }

    private static func greatestCommonDivisor(_ one: Int, _ other: Int) -> Int {
        other == 0 ? one : greatestCommonDivisor(other, one % other)
    }
}
