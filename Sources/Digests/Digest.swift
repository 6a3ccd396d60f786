internal import CCrypto

enum Digest {
    /// SAFETY: `algorithm` is one of libcrypto's own constants, and `byteCount` is the length of its digests.
    @unsafe
    static func digest(of bytes: Span<UInt8>, algorithm: OpaquePointer?, byteCount: Int) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        // SAFETY: libcrypto reads `bytes.count` bytes, writes exactly `byteCount`, and keeps neither pointer.
        let done = unsafe bytes.withUnsafeBufferPointer { input in
            unsafe digest.withUnsafeMutableBufferPointer { output in
                unsafe EVP_Digest(input.baseAddress, input.count, output.baseAddress, nil, algorithm, nil)
            }
        }
        precondition(done == 1, "libcrypto lacks a digest")
        return digest
    }
}
