internal import Timeline

/// What is still to happen, the earliest first; what is due at one instant comes in an order drawn by the seed.
struct EventQueue {
    struct Event {
        let at: Instant
        let lot: UInt64
        let action: () -> Void

        func isBefore(_ other: Event) -> Bool { at == other.at ? lot < other.lot : at < other.at }
    }

    private var heap: [Event] = []

    var isEmpty: Bool { heap.isEmpty }
    var next: Instant? { heap.first?.at }

    mutating func add(_ event: Event) {
        heap.append(event)
        var place = heap.count - 1
        while place > 0 {
            let parent = (place - 1) / 2
            guard heap[place].isBefore(heap[parent]) else { break }
            heap.swapAt(place, parent)
            place = parent
        }
    }

    mutating func popFirst() -> Event? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2] where child < heap.count && heap[child].isBefore(heap[least]) {
                least = child
            }
            guard least != place else { return first }
            heap.swapAt(place, least)
            place = least
        }
    }
}
