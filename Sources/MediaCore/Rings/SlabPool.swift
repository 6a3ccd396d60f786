internal import Synchronization

/// Pieces of memory that the rings of one loop share: whoever has audio to keep takes some and gives them back.
///
/// Owned by one loop; not for two threads, but `inUse`, which may be read from any. That is zero when nobody keeps audio:
/// a call that is over left nothing.
public final class SlabPool {
    /// Half a second of telephone audio.
    public static let slabByteCount = Slab.byteCount

    /// The most that may be in use at once: the loop's bound on kept audio.
    public let limit: Int
    /// How many are kept for the next user instead of being freed.
    public let spares: Int
    private let taken = Atomic(0)
    public private(set) var idle = 0
    /// How often somebody asked when the limit was reached.
    public private(set) var refusals = 0
    private var firstIdle: Slab?

    public init(limit: Int, spares: Int) {
        self.limit = limit
        self.spares = spares
    }

    deinit { freeIdle() }

    public var inUse: Int { taken.load(ordering: .relaxed) }

    /// A load and a store: nobody else writes.
    private func count(_ change: Int) { taken.store(inUse + change, ordering: .relaxed) }

    /// Nil when the limit is reached.
    func take() -> Slab? {
        guard inUse < limit else {
            refusals += 1
            return nil
        }
        count(1)
        guard let slab = firstIdle else { return Slab() }
        firstIdle = slab.next
        slab.next = nil
        idle -= 1
        return slab
    }

    /// - Parameter slab: Comes from this pool and is linked to no other any more.
    func giveBack(_ slab: Slab) {
        count(-1)
        guard idle < spares else { return }
        slab.next = firstIdle
        firstIdle = slab
        idle += 1
    }

    /// One by one: freeing a chain from its head would recurse as deep as it is long.
    private func freeIdle() {
        while let slab = firstIdle {
            firstIdle = slab.next
            slab.next = nil
        }
    }
}
