internal import CCrypto

/// MD5, for the one protocol that still makes its keys with it: TURN.
public enum MD5 {
    public static let byteCount = 16

    public static func digest(of bytes: Span<UInt8>) -> [UInt8] {
        unsafe Digest.digest(of: bytes, algorithm: EVP_md5(), byteCount: byteCount)
    }
}
