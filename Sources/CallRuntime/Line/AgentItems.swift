internal import MediaCore
internal import UpstreamWire

/// Which piece of agent audio is which entry of the ledger. A handful at a time.
struct AgentItems {
    struct Entry {
        let item: AgentItem
        /// Nil for one that came when the ledger had no room: nothing of it is played.
        let playout: PlayoutItem?
        /// Where its audio begins, counted as the ledger counts. Nil until some came.
        var start: SampleCount?
        /// The carrier was sent some of it.
        var hasBegun = false
        /// Some of it found no room, and the rest of it is not wanted.
        var hasOverflowed = false
        /// All that was not played for want of room, as the upstream counts.
        var dropped = SampleCount.zero
    }

    private static let limit = 16
    private var entries: [Entry] = []

    subscript(_ item: AgentItem) -> Entry? {
        get { entries.last { $0.item == item } }
        set {
            guard let newValue else { return }
            if let index = entries.lastIndex(where: { $0.item == item }) {
                entries[index] = newValue
            } else {
                if entries.count == Self.limit { entries.removeFirst() }
                entries.append(newValue)
            }
        }
    }

    func item(_ playout: PlayoutItem) -> AgentItem? {
        entries.last { $0.playout == playout }?.item
    }

    /// Whether the audio right behind `place` goes on with something that the caller has begun to hear.
    func goesOn(at place: SampleCount) -> Bool {
        entries.last { $0.start.map { $0 <= place } ?? false }?.hasBegun ?? false
    }

    /// Takes the next item of which something was sent for the first time, all before `end` having been sent.
    mutating func takeBegun(before end: SampleCount) -> AgentItem? {
        let index = entries.firstIndex { entry in !entry.hasBegun && entry.start.map { $0 < end } ?? false }
        guard let index else { return nil }
        entries[index].hasBegun = true
        return entries[index].item
    }

    /// Of which something was dropped that was not told yet.
    var dropped: [Entry] { entries.filter { $0.dropped > .zero } }

    /// The first item behind `item` that has audio.
    func next(after item: AgentItem) -> Entry? {
        entries.filter { $0.item > item && $0.start != nil && $0.playout != nil }.min { $0.item < $1.item }
    }

    /// The ledger counts from another place now.
    mutating func move(by distance: SampleCount) {
        for index in entries.indices {
            if let start = entries[index].start { entries[index].start = start - distance }
        }
    }

    /// All of them, unless the last one is named.
    mutating func remove(through last: AgentItem? = nil) {
        entries.removeAll { entry in last.map { entry.item <= $0 } ?? true }
    }
}
