internal import Timeline

/// What is to happen later, each thing at its time.
struct Agenda<Item: Sendable>: Sendable {
    private var entries: [(due: Instant, item: Item)] = []

    /// Asked at each frame, so nothing is collected on the way.
    var due: Instant? {
        var next: Instant?
        for entry in entries { next = min(next ?? entry.due, entry.due) }
        return next
    }

    mutating func add(_ item: Item, at due: Instant) {
        entries.append((due, item))
    }

    /// The first that is due; of two at one time the one that was added first.
    mutating func take(at now: Instant) -> Item? {
        guard let due, due <= now, let place = entries.firstIndex(where: { $0.due == due }) else { return nil }
        return entries.remove(at: place).item
    }
}
