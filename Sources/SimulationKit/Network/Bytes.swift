extension [UInt8] {
    /// A copy of what a span shows.
    init(_ span: Span<UInt8>) {
        // SAFETY: the buffer is read while the span lends it, and kept no longer.
        self = unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
    }
}
