internal import Timeline

/// What is still to happen, the earliest first; what is due at one instant comes in an order drawn by the seed.
///
/// The heap holds plain numbers, since those are moved about; what they stand for stays where it is.
struct EventQueue {
    private struct Entry {
        let at: Instant
        let lot: UInt64
        let place: Int

        func isBefore(_ other: Entry) -> Bool { at == other.at ? lot < other.lot : at < other.at }
    }

    private var heap: [Entry] = []
    private var actions: [(() -> Void)?] = []
    private var free: [Int] = []

    var isEmpty: Bool { heap.isEmpty }
    var next: Instant? { heap.first?.at }

    mutating func add(at instant: Instant, lot: UInt64, _ action: @escaping () -> Void) {
        let entry = Entry(at: instant, lot: lot, place: keep(action))
        heap.append(entry)
        var place = heap.count - 1
        while place > 0 {
            let parent = (place - 1) / 2
            guard entry.isBefore(heap[parent]) else { break }
            heap[place] = heap[parent]
            place = parent
        }
        heap[place] = entry
    }

    mutating func popFirst() -> (at: Instant, action: () -> Void)? {
        guard let first = heap.first, let last = heap.popLast(), let action = actions[first.place] else { return nil }
        actions[first.place] = nil
        free.append(first.place)
        if !heap.isEmpty { sink(last) }
        return (first.at, action)
    }

    mutating func removeAll() { self = EventQueue() }

    private mutating func keep(_ action: @escaping () -> Void) -> Int {
        guard let place = free.popLast() else {
            actions.append(action)
            return actions.count - 1
        }
        actions[place] = action
        return place
    }

    /// From the top to where it belongs.
    private mutating func sink(_ entry: Entry) {
        var place = 0
        while true {
            var child = 2 * place + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
            guard heap[child].isBefore(entry) else { break }
            heap[place] = heap[child]
            place = child
        }
        heap[place] = entry
    }
}
