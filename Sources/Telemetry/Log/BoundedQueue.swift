internal import Synchronization

/// A queue of fixed capacity from many threads to one, without locks: a full queue says so at once.
///
/// Each slot counts turns. A producer wins a slot by moving the tail, fills it, and publishes it by advancing the
/// slot's turn; the consumer hands it back by advancing it once more. A producer that is interrupted in between holds
/// up the consumer, never another producer.
final class BoundedQueue<Element: Sendable>: Sendable {
    private final class Slot: Sendable {
        let turn: Atomic<UInt64>
        // SAFETY: touched only by the one thread whose turn it is; `turn` is published with release and read with
        // acquire ordering around each access.
        nonisolated(unsafe) var element: Element?

        init(turn: UInt64) {
            self.turn = Atomic(turn)
        }
    }

    private let slots: [Slot]
    private let mask: UInt64
    private let tail = Atomic<UInt64>(0)
    private let head = Atomic<UInt64>(0)

    /// - Parameter capacity: rounded up to a power of two, at least 2.
    init(capacity: Int) {
        var size = 2
        while size < capacity { size *= 2 }
        slots = (0..<size).map { Slot(turn: UInt64($0)) }
        mask = UInt64(size - 1)
    }

    /// How many have been accepted since the beginning; `taken` of them have been taken.
    var accepted: UInt64 { tail.load(ordering: .acquiring) }
    var taken: UInt64 { head.load(ordering: .acquiring) }

    /// From the consumer's thread alone: whether `popFirst` would give one.
    var hasNext: Bool {
        let position = head.load(ordering: .relaxed)
        return slots[Int(position & mask)].turn.load(ordering: .acquiring) == position &+ 1
    }

    /// From any thread. False when the queue is full.
    func append(_ element: Element) -> Bool {
        var position = tail.load(ordering: .relaxed)
        while true {
            let slot = slots[Int(position & mask)]
            let lead = Int64(bitPattern: slot.turn.load(ordering: .acquiring) &- position)
            if lead < 0 { return false }
            guard lead == 0 else {
                position = tail.load(ordering: .relaxed)
                continue
            }
            let (won, current) = tail.weakCompareExchange(
                expected: position, desired: position &+ 1, ordering: .relaxed)
            if won {
                // SAFETY: moving the tail made the slot this thread's until the turn is published.
                unsafe slot.element = element
                slot.turn.store(position &+ 1, ordering: .releasing)
                return true
            }
            position = current
        }
    }

    /// From the consumer's thread alone.
    func popFirst() -> Element? {
        guard hasNext else { return nil }
        let position = head.load(ordering: .relaxed)
        let slot = slots[Int(position & mask)]
        // SAFETY: the published turn makes the slot the consumer's until it is handed back.
        let element = unsafe slot.element
        unsafe slot.element = nil
        slot.turn.store(position &+ mask &+ 1, ordering: .releasing)
        head.store(position &+ 1, ordering: .releasing)
        return element
    }
}
