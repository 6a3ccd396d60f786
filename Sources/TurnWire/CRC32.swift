/// The checksum of Ethernet and zlib, which a STUN fingerprint is made of.
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { bits, _ in bits & 1 == 1 ? bits >> 1 ^ 0xEDB8_8320 : bits >> 1 }
    }

    static func checksum(of bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(UInt32.max) { bits, byte in bits >> 8 ^ table[Int(UInt8(truncatingIfNeeded: bits) ^ byte)] }
    }
}
