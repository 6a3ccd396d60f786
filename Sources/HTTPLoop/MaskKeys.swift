internal import Glibc

/// Fresh random keys for a client's frames, fetched from the kernel a page's worth at a time: a system call a frame would
/// cost more than masking it.
struct MaskKeys: ~Copyable {
    private static let pooled = 64

    private var keys = InlineArray<64, UInt32>(repeating: 0)
    private var left = 0

    mutating func next() -> UInt32 {
        if left == 0 { refill() }
        left -= 1
        return keys[left]
    }

    private mutating func refill() {
        var span = keys.mutableSpan
        // SAFETY: exactly the array's bytes are written; 256 is the most that one call gives.
        let error = unsafe span.withUnsafeMutableBytes { unsafe getentropy($0.baseAddress!, $0.count) }
        precondition(error == 0, "the kernel gives no random bytes")
        left = Self.pooled
    }
}
