/// One law as tables: a code for each step of the input, a sample for each code.
///
/// The loops go without bounds checks: with them encoding took 75 ns a frame and decoding 60, without 45 and 31.
struct G711Table: Sendable {
    static let muLaw = G711Table(unusedBits: 2, code: muLawCode(of:), sample: muLawSample(of:))
    static let aLaw = G711Table(unusedBits: 3, code: aLawCode(of:), sample: aLawSample(of:))

    /// Codes of all inputs from the lowest to one above the highest, which rounding reaches.
    private let codes: [UInt8]
    private let samples: [Int16]
    /// How many low bits of a 16-bit sample the law has no room for.
    private let unusedBits: Int

    private init(unusedBits: Int, code: (Int) -> UInt8, sample: (UInt8) -> Int16) {
        self.unusedBits = unusedBits
        let range = -32_768 >> unusedBits...32_768 >> unusedBits
        codes = range.map { code(min($0, range.upperBound - 1)) }
        samples = (UInt8.min...UInt8.max).map(sample)
    }

    func encode(_ source: Span<Int16>, into target: inout MutableSpan<UInt8>) {
        precondition(source.count <= target.count, "no room for the codes")
        let codes = codes.span
        let shift = unusedBits
        let offset = 32_768 + (1 << unusedBits) / 2
        for index in source.indices {
            // SAFETY: `target` is at least as long as `source`, and `codes` has an entry for each rounded sample.
            unsafe target[unchecked: index] = codes[unchecked: (Int(source[unchecked: index]) &+ offset) &>> shift]
        }
    }

    func decode(_ source: Span<UInt8>, into target: inout MutableSpan<Int16>) {
        precondition(source.count <= target.count, "no room for the samples")
        let samples = samples.span
        for index in source.indices {
            // SAFETY: `target` is at least as long as `source`, and `samples` has an entry for each byte.
            unsafe target[unchecked: index] = samples[unchecked: Int(source[unchecked: index])]
        }
    }
}

/// The code of a 14-bit sample: sign, exponent and four bits of the rest, all inverted.
private func muLawCode(of sample: Int) -> UInt8 {
    let biased = min(abs(sample), 8_158) + 33
    let exponent = biased.significantBits - 6
    let code = UInt8(exponent << 4 | biased >> (exponent + 1) & 0xF)
    return ~(sample < 0 ? code | 0x80 : code)
}

private func muLawSample(of code: UInt8) -> Int16 {
    let bits = Int(~code)
    let magnitude = ((bits & 0xF) << 3 + 0x84) << (bits >> 4 & 7) - 0x84
    return Int16(bits & 0x80 == 0 ? magnitude : -magnitude)
}

/// The code of a 13-bit sample: like μ-law's, but linear at the bottom and every other bit inverted.
private func aLawCode(of sample: Int) -> UInt8 {
    let magnitude = min(sample < 0 ? -sample - 1 : sample, 4_095)
    let exponent = max(magnitude.significantBits - 5, 0)
    let code = UInt8(exponent << 4 | magnitude >> max(exponent, 1) & 0xF)
    return code ^ (sample < 0 ? 0x55 : 0xD5)
}

private func aLawSample(of code: UInt8) -> Int16 {
    let bits = Int(code ^ 0x55)
    let exponent = bits >> 4 & 7
    let step = (bits & 0xF) << 4 + 8
    let magnitude = exponent == 0 ? step : (step + 0x100) << (exponent - 1)
    return Int16(bits & 0x80 == 0 ? -magnitude : magnitude)
}

extension Int {
    fileprivate var significantBits: Int { bitWidth - leadingZeroBitCount }
}
