internal import CCrypto

/// A digest that only those who know the key can make (RFC 2104).
public enum HMAC {
    public static func sha1(of message: Span<UInt8>, key: Span<UInt8>) -> [UInt8] {
        unsafe code(of: message, key: key, algorithm: EVP_sha1(), byteCount: SHA1.byteCount)
    }

    public static func sha256(of message: Span<UInt8>, key: Span<UInt8>) -> [UInt8] {
        unsafe code(of: message, key: key, algorithm: EVP_sha256(), byteCount: SHA256.byteCount)
    }

    /// SAFETY: `algorithm` is one of libcrypto's own constants, and `byteCount` is the length of its digests.
    @unsafe
    private static func code(
        of message: Span<UInt8>, key: Span<UInt8>, algorithm: OpaquePointer?, byteCount: Int
    ) -> [UInt8] {
        precondition(key.count <= Int(CInt.max))
        var code = [UInt8](repeating: 0, count: byteCount)
        // SAFETY: libcrypto reads both spans within their counts, writes exactly `byteCount`, and keeps no pointer.
        let done = unsafe message.withUnsafeBufferPointer { message in
            unsafe key.withUnsafeBufferPointer { key in
                unsafe code.withUnsafeMutableBufferPointer { code in
                    unsafe CCrypto.HMAC(
                        algorithm, key.baseAddress, CInt(key.count), message.baseAddress, message.count,
                        code.baseAddress, nil) != nil
                }
            }
        }
        precondition(done, "libcrypto lacks a digest")
        return code
    }
}
