/// Holds what came of a message that no slice held whole.
struct AssemblyBuffer: ~Copyable {
    /// What may stay for the next message; a bigger buffer is given back.
    static let keptCapacity = 16 << 10

    private var bytes: [UInt8] = []

    var count: Int { bytes.count }
    var capacity: Int { bytes.capacity }
    func withBytes<R>(_ body: (Span<UInt8>) -> R) -> R { body(bytes.span) }

    /// Appends what came. The room doubles as bytes really arrive, up to `bound`, whatever length a peer announced.
    mutating func append(_ piece: Span<UInt8>, bound: Int) {
        let needed = bytes.count + piece.count
        if needed > bytes.capacity {
            bytes.reserveCapacity(max(needed, min(2 * bytes.capacity, bound)))
        }
        // SAFETY: the array copies the bytes and keeps no pointer.
        unsafe piece.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    /// Empties the buffer for the next message.
    mutating func clear() {
        if bytes.capacity > Self.keptCapacity {
            bytes = []
        } else {
            bytes.removeAll(keepingCapacity: true)
        }
    }

    mutating func giveBack() {
        bytes = []
    }
}
