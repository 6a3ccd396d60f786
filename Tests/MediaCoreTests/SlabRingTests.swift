import Testing

@testable import MediaCore

@Suite("Ring of slabs")
struct SlabRingTests {
    private static let slab = SlabPool.slabByteCount

    @Test("Bytes come out as they went in, wherever slabs begin and end")
    func order() {
        let edges = [0, 1, 159, 160, Self.slab - 1, Self.slab, Self.slab + 1, 2 * Self.slab, 2 * Self.slab + 7]
        for skipped in edges {
            for appended in edges {
                for taken in edges {
                    checkOrder(skipped: skipped, appended: appended, taken: taken)
                }
            }
        }
    }

    private func checkOrder(skipped: Int, appended: Int, taken: Int) {
        let pool = SlabPool(limit: 100, spares: 4)
        var ring = SlabRing(capacity: 100_000, pool: pool)
        let bytes = (0..<skipped + appended).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        ring.append(bytes.span.extracting(first: skipped))
        let head = take(max(0, skipped - 1), from: &ring)
        ring.append(bytes.span.extracting(skipped...))
        let middle = take(taken, from: &ring)
        let held = (ring.count + Self.slab - 1) / Self.slab
        #expect(pool.inUse <= held + 1, "holds no slab that is empty")
        let tail = take(ring.count, from: &ring)
        #expect(head + middle + tail == bytes)
        #expect(pool.inUse == 0)
    }

    @Test("It stops at its capacity and says how much it took", arguments: [1, 160, 4_095, 4_096, 4_097, 10_000])
    func capacity(capacity: Int) {
        let pool = SlabPool(limit: 100, spares: 0)
        var ring = SlabRing(capacity: capacity, pool: pool)
        let bytes = [UInt8](repeating: 1, count: 3_000)
        var accepted = 0
        for _ in 0..<5 { accepted += ring.append(bytes.span) }
        #expect(accepted == min(capacity, 15_000))
        #expect(ring.count == accepted)
        #expect(ring.append(bytes.span) == max(0, min(3_000, capacity - accepted)))
    }

    @Test("When the pool has no more slabs, what fits is taken and the refusal is counted")
    func poolLimit() {
        let pool = SlabPool(limit: 2, spares: 0)
        var ring = SlabRing(capacity: 100_000, pool: pool)
        var other = SlabRing(capacity: 100_000, pool: pool)
        #expect(ring.append([UInt8](repeating: 1, count: Self.slab + 1).span) == Self.slab + 1)
        #expect(other.append([1].span) == 0)
        #expect(pool.refusals == 1)
        #expect(ring.append([UInt8](repeating: 1, count: Self.slab).span) == Self.slab - 1)
        ring.removeAll()
        #expect(other.append([1].span) == 1)
        #expect(pool.inUse == 1)
    }

    @Test("Two minutes can wait, and all slabs come back: drained, dropped or with the ring's end")
    func leftover() {
        let pool = SlabPool(limit: 1_000, spares: 8)
        let second = [UInt8](repeating: 0xFF, count: 8_000)
        for ending in 0..<3 {
            var ring = SlabRing(capacity: 960_000, pool: pool)
            for _ in 0..<130 { ring.append(second.span) }
            #expect(ring.count == 960_000)
            #expect(pool.inUse == (960_000 + Self.slab - 1) / Self.slab)
            if ending == 0 { _ = take(ring.count, from: &ring) }
            if ending == 1 { ring.removeAll() }
            if ending == 2 { drop(ring) }
            #expect(pool.inUse == 0)
            #expect(pool.idle == 8, "only so many spares are kept")
            ring = SlabRing(capacity: 1, pool: pool)
        }
    }

    private func drop(_ ring: consuming SlabRing) {}

    private func take(_ count: Int, from ring: inout SlabRing) -> [UInt8] {
        var target = [UInt8](repeating: 0, count: count)
        var span = target.mutableSpan
        let taken = ring.take(into: &span)
        return Array(target.prefix(taken))
    }
}
