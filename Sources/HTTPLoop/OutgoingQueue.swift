/// Bytes that wait for a slow peer. Holds no memory while nobody is slow.
struct OutgoingQueue: ~Copyable {
    private var bytes: [UInt8] = []
    private var start = 0

    var count: Int { bytes.count - start }
    var isEmpty: Bool { count == 0 }

    mutating func append(_ more: Span<UInt8>) {
        // SAFETY: the array copies the bytes and keeps no pointer.
        unsafe more.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    /// Offers what waits to `write`, which returns how many bytes it took, or nil when there is no more writing.
    /// Returns whether all is gone.
    mutating func flush(_ write: (Span<UInt8>) -> Int?) -> Bool {
        guard !isEmpty, let taken = write(bytes.span.extracting(start...)) else { return isEmpty }
        start += taken
        if isEmpty {
            bytes = []
            start = 0
        } else if start > bytes.count / 2 {
            bytes.removeFirst(start)
            start = 0
        }
        return isEmpty
    }

    mutating func drop() {
        bytes = []
        start = 0
    }
}
