/// A FIFO of bytes that takes memory as it fills and gives it back as it drains: what waits to be played (up to two
/// minutes, usually under a second), or the caller's first words while the upstream is being dialled.
///
/// Empty, it holds no slab. At its cap, or when the pool has no more, it takes what fits and says how much that was.
///
/// - Invariant: The slabs from `first` to `last` hold `count` bytes, from `start` in the first to `end` in the last.
public struct SlabRing: ~Copyable {
    public let capacity: Int
    public private(set) var count = 0
    private let pool: SlabPool
    private var first: Slab?
    private var last: Slab?
    private var start = 0
    private var end = 0

    public init(capacity: Int, pool: SlabPool) {
        precondition(capacity > 0, "a ring without room")
        self.capacity = capacity
        self.pool = pool
    }

    deinit { Self.giveBack(from: first, to: pool) }

    public var isEmpty: Bool { count == 0 }

    /// Appends as many as fit and returns how many did.
    @discardableResult
    public mutating func append(_ bytes: Span<UInt8>) -> Int {
        let wanted = min(bytes.count, capacity - count)
        var accepted = 0
        while accepted < wanted {
            guard let slab = slabWithRoom() else { break }
            let piece = min(wanted - accepted, Slab.byteCount - end)
            slab.write(bytes.extracting(accepted..<accepted + piece), at: end)
            end += piece
            accepted += piece
        }
        count += accepted
        return accepted
    }

    /// Moves the oldest bytes to `target`, from `offset` on, as many as there are, fit, and are asked for; returns how many.
    @discardableResult
    public mutating func take(
        upTo limit: Int = .max, into target: inout MutableSpan<UInt8>, at offset: Int = 0
    ) -> Int {
        let wanted = min(count, limit, target.count - offset)
        var taken = 0
        while taken < wanted, let slab = first {
            let piece = min(wanted - taken, Slab.byteCount - start)
            slab.read(start..<start + piece, into: &target, at: offset + taken)
            taken += piece
            advance(by: piece, in: slab)
        }
        return taken
    }

    /// Drops everything and gives all slabs back.
    public mutating func removeAll() {
        Self.giveBack(from: first, to: pool)
        first = nil
        last = nil
        (count, start, end) = (0, 0, 0)
    }

    private mutating func slabWithRoom() -> Slab? {
        if let last, end < Slab.byteCount { return last }
        guard let slab = pool.take() else { return nil }
        if let last { last.next = slab } else { first = slab }
        last = slab
        end = 0
        return slab
    }

    private mutating func advance(by taken: Int, in slab: Slab) {
        start += taken
        count -= taken
        if count == 0 {
            removeAll()
        } else if start == Slab.byteCount {
            first = slab.next
            slab.next = nil
            start = 0
            pool.giveBack(slab)
        }
    }

    private static func giveBack(from first: Slab?, to pool: SlabPool) {
        var rest = first
        while let slab = rest {
            rest = slab.next
            slab.next = nil
            pool.giveBack(slab)
        }
    }
}
