internal import MediaCore
internal import UpstreamWire

/// Which piece of agent audio is which entry of the ledger. A handful at a time.
struct AgentItems {
    struct Entry {
        let item: AgentItem
        let playout: PlayoutItem
        var hasBegun = false
        /// Some of it found no room, and the rest of it is not wanted.
        var hasOverflowed = false
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

    mutating func removeAll() { entries.removeAll(keepingCapacity: true) }
}
