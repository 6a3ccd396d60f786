extension Span<UInt8> {
    /// The eight bytes from `offset` on, the first one lowest.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        // SAFETY: bytes have no padding, every bit pattern is a UInt64, and the span checks the bounds.
        UInt64(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}

extension UInt64 {
    /// The top bit of each byte: set somewhere means that not all eight are ASCII.
    static let highBits: UInt64 = 0x8080_8080_8080_8080
}
