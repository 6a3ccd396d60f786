internal import CCrypto

/// For comparing with a secret: takes as long whether the first byte differs or the last.
public enum ConstantTime {
    /// Only the lengths show in the time.
    public static func areEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        // SAFETY: both are as long as `left.count`, and neither pointer is kept.
        return unsafe left.withUnsafeBytes { left in
            unsafe right.withUnsafeBytes { right in
                unsafe CRYPTO_memcmp(left.baseAddress, right.baseAddress, left.count) == 0
            }
        }
    }
}
