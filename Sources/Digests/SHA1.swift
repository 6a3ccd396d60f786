internal import CCrypto

/// SHA-1, for what protocols still demand it: the WebSocket accept key and Twilio's signature.
public enum SHA1 {
    public static let byteCount = 20

    public static func digest(of bytes: Span<UInt8>) -> [UInt8] {
        unsafe Digest.digest(of: bytes, algorithm: EVP_sha1(), byteCount: byteCount)
    }
}
