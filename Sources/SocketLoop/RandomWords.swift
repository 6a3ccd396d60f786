internal import Glibc

/// Random numbers from the kernel, fetched 64 at a time: a system call for each frame that a client masks would cost more
/// than the masking. One supply a loop, so that it is always in the cache.
struct RandomWords: ~Copyable {
    private static let supply = 64

    private var left = 0
    private var words = InlineArray<64, UInt32>(repeating: 0)

    mutating func next() -> UInt32 {
        if left == 0 { refill() }
        left -= 1
        return words[left]
    }

    private mutating func refill() {
        var span = words.mutableSpan
        // SAFETY: exactly the array's bytes are written; 256 is the most that one call gives.
        let error = unsafe span.withUnsafeMutableBytes { unsafe getentropy($0.baseAddress!, $0.count) }
        precondition(error == 0, "the kernel gives no random bytes")
        left = Self.supply
    }
}
