/// Europe's 8-bit telephone code (G.711 A-law), computed by its definition. Shares nothing with the product's tables.
public enum ALaw {
    /// The code word: sign, segment, the four bits behind the leading one; every second bit inverted.
    public static func encode(_ sample: Int16) -> UInt8 {
        // The code has 13 bits: sign and 12 of magnitude, where one below zero counts from -1.
        let isPositive = sample >= 0
        let magnitude = Int32(isPositive ? sample : ~sample) >> 4
        let segment = max(0, 32 - Int32(magnitude.leadingZeroBitCount) - 4)
        let step = segment == 0 ? magnitude & 0x0F : (magnitude >> (segment - 1)) & 0x0F
        let sign: Int32 = isPositive ? 0x80 : 0
        return UInt8(truncatingIfNeeded: (sign | segment << 4 | step) ^ 0x55)
    }

    public static func decode(_ code: UInt8) -> Int16 {
        let bits = Int32(code ^ 0x55)
        let segment = (bits >> 4) & 0x07
        let step = bits & 0x0F
        // The middle of the step, in sixteenths of the finest one.
        let middle = step << 4 + 8
        let magnitude = segment == 0 ? middle : (middle + 0x100) << (segment - 1)
        return Int16(bits & 0x80 != 0 ? magnitude : -magnitude)
    }
}
