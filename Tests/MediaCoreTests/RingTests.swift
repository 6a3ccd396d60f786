import Testing

@testable import MediaCore

@Suite("Ring of fixed capacity")
struct RingTests {
    @Test("From every head and count, every append and take keeps order and says what fit", arguments: 1...6)
    func everyState(capacity: Int) {
        for head in 0..<capacity {
            for count in 0...capacity {
                for appended in 0...capacity + 2 {
                    for taken in 0...capacity + 2 {
                        check(capacity: capacity, head: head, count: count, appended: appended, taken: taken)
                    }
                }
            }
        }
    }

    private func check(capacity: Int, head: Int, count: Int, appended: Int, taken: Int) {
        var ring = SampleRing(capacity: capacity)
        ring.append([Int16](repeating: -1, count: head).span)
        ring.removeFirst(head)
        let old = (0..<count).map { Int16($0) }
        let new = (0..<appended).map { Int16(100 + $0) }
        #expect(ring.append(old.span) == count)

        let accepted = ring.append(new.span)
        #expect(accepted == min(appended, capacity - count))
        #expect(ring.count == count + accepted && ring.room == capacity - ring.count)

        let expected = old + new.prefix(accepted)
        var target = [Int16](repeating: -2, count: taken + 1)
        var span = target.mutableSpan
        let got = ring.take(into: &span, at: 1)
        #expect(got == min(taken, expected.count))
        #expect(target == [-2] + expected.prefix(got) + [Int16](repeating: -2, count: taken - got))
        #expect(ring.count == expected.count - got)
    }

    @Test("Dropping the oldest keeps the newest, dropping all leaves room for all")
    func dropping() {
        var ring = ByteRing(capacity: 4)
        ring.append([1, 2, 3, 4].span)
        ring.removeFirst(3)
        ring.append([5, 6].span)
        #expect(contents(of: &ring) == [4, 5, 6])
        ring.append([7, 8, 9].span)
        ring.removeAll()
        #expect(ring.room == 4)
        ring.append([1, 2, 3, 4, 5].span)
        #expect(contents(of: &ring) == [1, 2, 3, 4])
    }

    private func contents(of ring: inout ByteRing) -> [UInt8] {
        var target = [UInt8](repeating: 0, count: ring.count)
        var span = target.mutableSpan
        ring.take(into: &span)
        return target
    }
}
