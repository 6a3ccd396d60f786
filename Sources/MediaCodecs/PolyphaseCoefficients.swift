import Glibc

extension PolyphaseFilter {
    /// The filter of one factor, laid out for both directions.
    struct Coefficients: Sendable {
        let upward: [Int16]
        let downward: [Int16]

        /// A low pass at half of the lower rate: a sinc under a Kaiser window, its centre in the middle tap.
        fileprivate init(factor: Int, taps: Int) {
            let length = factor * taps
            let centre = Double(length / 2)
            var weights = (0..<length).map { tap -> Double in
                let distance = Double(tap) - centre
                let angle = Double.pi * distance / Double(factor)
                return (angle == 0 ? 1 : sin(angle) / angle) * kaiser(distance / centre)
            }
            // Each phase passes what stands still as it is, so that no phase is louder than another.
            for phase in 0..<factor {
                let sum = stride(from: phase, to: length, by: factor).reduce(0) { $0 + weights[$1] }
                for tap in stride(from: phase, to: length, by: factor) { weights[tap] /= sum }
            }
            upward = (0..<factor).flatMap { phase in
                (0..<taps).map { fixedPoint(weights[phase + (taps - 1 - $0) * factor]) }
            }
            downward = (0..<length).map { fixedPoint(weights[length - 1 - $0] / Double(factor)) }
        }
    }

    static let filters: [Int: Coefficients] = [
        2: Coefficients(factor: 2, taps: 32), 3: Coefficients(factor: 3, taps: 32),
        6: Coefficients(factor: 6, taps: 32),
    ]
}

private func fixedPoint(_ weight: Double) -> Int16 {
    Int16((weight * 0x1p14).rounded())
}

/// The Kaiser window at a place from -1 to 1, for 70 dB.
private func kaiser(_ place: Double) -> Double {
    let beta = 6.76
    return bessel(beta * max(0, 1 - place * place).squareRoot()) / bessel(beta)
}

/// The modified Bessel function of order 0, by its series.
private func bessel(_ value: Double) -> Double {
    var (sum, term) = (1.0, 1.0)
    for step in 1...40 {
        term *= (value / 2 / Double(step)) * (value / 2 / Double(step))
        sum += term
    }
    return sum
}
