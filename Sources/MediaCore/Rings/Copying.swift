extension MutableSpan where Element: BitwiseCopyable {
    /// Copies all of `source` to `offset` and what follows it.
    @inlinable
    @inline(__always)
    package mutating func replace(at offset: Int, with source: Span<Element>) {
        precondition(offset >= 0 && source.count <= count - offset, "no room for the copy")
        // SAFETY: there is room, as just checked; a span that is read and one that is written never overlap.
        unsafe withUnsafeMutableBufferPointer { target in
            unsafe source.withUnsafeBufferPointer { source in
                guard let to = target.baseAddress, let from = source.baseAddress else { return }
                unsafe (to + offset).update(from: from, count: source.count)
            }
        }
    }
}
