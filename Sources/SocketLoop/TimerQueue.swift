internal import Timeline

/// Names one scheduled timer. Stays safe to use after the timer fired: it then names nothing.
public struct TimerID: Hashable, Sendable {
    fileprivate let slot: Int32
    fileprivate let generation: UInt32
}

/// Deadlines in the order in which they fall due: a binary heap whose entries know their place, so that cancelling and
/// moving cost O(log n) and leave nothing behind. It grows with the number of timers alive, never with their traffic.
///
/// - Invariant: `slots[heap[i]].place == i` for every `i`, and no entry is due before its parent.
struct TimerQueue<Payload>: ~Copyable {
    private struct Slot {
        var due: Instant
        var generation: UInt32
        var place: Int32  // In the heap; `free` when the slot holds no timer.
        var payload: Payload?

        static var free: Int32 { -1 }
    }

    private var slots: [Slot] = []
    private var unused: [Int32] = []
    private var heap: [Int32] = []

    var count: Int { heap.count }
    var earliest: Instant? { heap.first.map { slots[Int($0)].due } }

    mutating func schedule(at due: Instant, _ payload: Payload) -> TimerID {
        let slot: Int32
        if let reused = unused.popLast() {
            slot = reused
            slots[Int(slot)].due = due
            slots[Int(slot)].payload = payload
        } else {
            slot = Int32(slots.count)
            slots.append(Slot(due: due, generation: 0, place: Slot.free, payload: payload))
        }
        slots[Int(slot)].place = Int32(heap.count)
        heap.append(slot)
        rise(from: heap.count - 1)
        return TimerID(slot: slot, generation: slots[Int(slot)].generation)
    }

    /// Moves a timer. Returns false if it has fired or was cancelled.
    @discardableResult
    mutating func move(_ id: TimerID, to due: Instant) -> Bool {
        guard let place = place(of: id) else { return false }
        slots[Int(id.slot)].due = due
        settle(at: place)
        return true
    }

    @discardableResult
    mutating func cancel(_ id: TimerID) -> Bool {
        guard let place = place(of: id) else { return false }
        remove(at: place)
        return true
    }

    /// The timer that has been due longest, if one is due. It stays where it is until it is moved or cancelled.
    func firstDue(at now: Instant) -> (id: TimerID, payload: Payload)? {
        guard let first = heap.first else { return nil }
        let slot = slots[Int(first)]
        guard slot.due <= now, let payload = slot.payload else { return nil }
        return (TimerID(slot: first, generation: slot.generation), payload)
    }

    private func place(of id: TimerID) -> Int? {
        guard id.slot < slots.count else { return nil }
        let slot = slots[Int(id.slot)]
        guard slot.generation == id.generation, slot.place != Slot.free else { return nil }
        return Int(slot.place)
    }

    private mutating func remove(at place: Int) {
        let slot = heap[place]
        let last = heap.removeLast()
        if place < heap.count {
            put(last, at: place)
            settle(at: place)
        }
        slots[Int(slot)].place = Slot.free
        slots[Int(slot)].payload = nil
        slots[Int(slot)].generation &+= 1
        unused.append(slot)
    }

    private mutating func settle(at place: Int) {
        rise(from: place)
        sink(from: place)
    }

    private mutating func rise(from start: Int) {
        var place = start
        let slot = heap[place]
        while place > 0 {
            let parent = (place - 1) / 2
            guard slots[Int(slot)].due < slots[Int(heap[parent])].due else { break }
            put(heap[parent], at: place)
            place = parent
        }
        put(slot, at: place)
    }

    private mutating func sink(from start: Int) {
        var place = start
        let slot = heap[place]
        while true {
            var child = 2 * place + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, slots[Int(heap[child + 1])].due < slots[Int(heap[child])].due { child += 1 }
            guard slots[Int(heap[child])].due < slots[Int(slot)].due else { break }
            put(heap[child], at: place)
            place = child
        }
        put(slot, at: place)
    }

    private mutating func put(_ slot: Int32, at place: Int) {
        heap[place] = slot
        slots[Int(slot)].place = Int32(place)
    }
}
