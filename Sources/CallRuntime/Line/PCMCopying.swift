// PCM is little-endian on the wire, as is every machine that this is built for.
#if _endian(big)
    #error("PCM has to be swapped on a big-endian machine")
#endif

extension MutableSpan<Int16> {
    /// Copies whole samples from bytes.
    mutating func copyPCM(_ bytes: Span<UInt8>, to offset: Int) {
        precondition(offset >= 0 && bytes.count / 2 <= count - offset, "no room for the samples")
        // SAFETY: there is room, and a span that is being changed overlaps no other. Any bytes are good samples.
        unsafe bytes.withUnsafeBytes { source in
            unsafe withUnsafeMutableBytes { target in
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                unsafe (to + 2 * offset).copyMemory(from: from, byteCount: source.count)
            }
        }
    }
}

extension MutableSpan<UInt8> {
    /// Copies samples as bytes to the front.
    mutating func copyPCM(_ samples: Span<Int16>) {
        precondition(2 * samples.count <= count, "no room for the samples")
        // SAFETY: there is room, and a span that is being changed overlaps no other.
        unsafe samples.withUnsafeBytes { source in
            unsafe withUnsafeMutableBytes { target in
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                unsafe to.copyMemory(from: from, byteCount: source.count)
            }
        }
    }
}
