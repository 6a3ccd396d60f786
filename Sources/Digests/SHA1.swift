internal import CCrypto

/// SHA-1, for what protocols still demand it: the WebSocket accept key and Twilio's signature.
public enum SHA1 {
    public static let byteCount = 20

    public static func digest(of bytes: Span<UInt8>) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        // SAFETY: libcrypto reads `bytes.count` bytes, writes exactly 20, and keeps neither pointer.
        let done = unsafe bytes.withUnsafeBufferPointer { input in
            unsafe digest.withUnsafeMutableBufferPointer { output in
                unsafe EVP_Digest(input.baseAddress, input.count, output.baseAddress, nil, EVP_sha1(), nil)
            }
        }
        precondition(done == 1, "libcrypto has no SHA-1")
        return digest
    }
}
