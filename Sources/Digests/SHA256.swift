internal import CCrypto

/// SHA-256, for what others hash with it: bodies that a signature covers by their digest.
public enum SHA256 {
    public static let byteCount = 32

    public static func digest(of bytes: Span<UInt8>) -> [UInt8] {
        unsafe Digest.digest(of: bytes, algorithm: EVP_sha256(), byteCount: byteCount)
    }
}
