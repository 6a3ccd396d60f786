/// The telephone's 8-bit code (G.711 mu-law), computed by its definition. Shares nothing with the product's tables, so
/// that a mistake in either shows.
public enum MuLaw {
    /// What a line carries while nobody speaks.
    public static let silence: UInt8 = 0xFF

    private static let bias: Int32 = 132
    private static let loudest: Int32 = 32_635

    /// The code word: sign, then the place of the leading bit, then the four bits behind it, all inverted.
    public static func encode(_ sample: Int16) -> UInt8 {
        let value = Int32(sample)
        let magnitude = min(abs(value), loudest) + bias
        let segment = Int32(24 - magnitude.leadingZeroBitCount)
        let step = (magnitude >> (segment + 3)) & 0x0F
        let sign: Int32 = value < 0 ? 0x80 : 0
        return UInt8(truncatingIfNeeded: ~(sign | segment << 4 | step))
    }

    /// By code word, by the definition below.
    private static let samples = (0...UInt8.max).map(defined)

    public static func decode(_ code: UInt8) -> Int16 { samples[Int(code)] }

    private static func defined(_ code: UInt8) -> Int16 {
        let bits = Int32(~code)
        let segment = (bits >> 4) & 0x07
        let step = bits & 0x0F
        let magnitude = ((step << 3) + bias) << segment - bias
        return Int16(bits & 0x80 == 0 ? magnitude : -magnitude)
    }

    public static func encode(_ sound: Sound) -> [UInt8] {
        sound.samples.map(encode)
    }

    public static func decode(_ bytes: some Sequence<UInt8>) -> Sound {
        let samples = samples.span
        return Sound(samples: bytes.map { samples[Int($0)] })
    }
}
