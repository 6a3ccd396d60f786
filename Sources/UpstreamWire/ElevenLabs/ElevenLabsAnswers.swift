/// What the agent says, as the server numbers it: which audio and which text belong together and are cut together.
///
/// The numbers of the server are those of its events. Audio of one answer shares a number, and an interruption names the
/// newest number that it stops. An older number is stale from then on; the same one is not, since an answer that a message
/// of ours asked for carries it again.
struct ElevenLabsAnswers {
    private struct Entry {
        let item: AgentItem
        let first: Int
        var last: Int
        /// Of the newest number, so many pieces of audio came; none for an answer of which there is only text so far.
        var pieces = 0
        /// More audio would belong to it.
        var isOpen = true
        /// The server says no more of it.
        var isStopped = false
        var text: String?
    }

    /// More than can wait for playing; what is older was heard long ago.
    private static let capacity = 64
    /// So many numbers in a row with one piece each: then every piece has its own, and they say nothing about what
    /// belongs together.
    private static let mostLoners = 4

    private var entries: [Entry] = []
    private var cutoff = 0
    private var loners = 0
    private var nextNumber = 1
    private let dropsEqual: Bool

    /// - Parameter dropsEqual: Whether audio with the number of an interruption is stale, too. The vendor's own clients
    ///   disagree: true risks the loss of an answer, false a moment of stale speech.
    init(dropsEqual: Bool = false) {
        self.dropsEqual = dropsEqual
        entries.reserveCapacity(Self.capacity)
    }

    /// A piece of audio came; nil when it is stale. Allocates nothing.
    mutating func receive(_ eventID: Int?) -> AgentItem? {
        let id = eventID ?? entries.last?.last ?? cutoff
        guard id > cutoff || id == cutoff && !dropsEqual else { return nil }
        guard let index = place(for: id) else {
            loners = entries.last?.pieces == 1 ? loners + 1 : 0
            return entries[append(id, pieces: 1)].item
        }
        if id == entries[index].last || entries[index].pieces == 0 {
            entries[index].pieces += 1
            if entries[index].pieces > 1 { loners = 0 }
        }
        entries[index].last = max(entries[index].last, id)
        return entries[index].item
    }

    /// Where audio of this number belongs, if it goes on with something.
    private func place(for id: Int) -> Int? {
        if let index = entries.lastIndex(where: { $0.isOpen && $0.first <= id && id <= $0.last }) { return index }
        guard let newest = entries.indices.last, entries[newest].isOpen, entries[newest].last < id else { return nil }
        let isPromised = entries[newest].pieces == 0
        return isPromised || loners >= Self.mostLoners && entries[newest].pieces == 1 ? newest : nil
    }

    /// The text of an answer came; nil when it is stale. Its audio may come before or after it, and with a number that is
    /// not quite the same.
    mutating func told(_ text: String, _ eventID: Int?) -> AgentItem? {
        let id = eventID ?? entries.last?.last ?? cutoff
        guard id > cutoff || id == cutoff && !dropsEqual else { return nil }
        let index =
            entries.lastIndex { $0.isOpen && $0.first <= id && id <= $0.last }
            ?? entries.lastIndex { $0.isOpen && $0.text == nil } ?? append(id, pieces: 0)
        entries[index].text = text
        return entries[index].item
    }

    /// Which answer a correction is about.
    func corrected(_ original: String, _ eventID: Int?) -> AgentItem? {
        let byID = eventID.flatMap { id in
            entries.last { $0.text != nil && $0.first <= id && id <= $0.last }
        }
        return (byID ?? entries.last { $0.text == original })?.item
    }

    private mutating func append(_ id: Int, pieces: Int) -> Int {
        if entries.count == Self.capacity { entries.removeFirst() }
        entries.append(Entry(item: AgentItem(number: nextNumber), first: id, last: id, pieces: pieces))
        nextNumber += 1
        return entries.count - 1
    }

    /// The server stopped all up to this number. Returns the newest item that this stops; nil where it stops nothing that
    /// is known.
    mutating func interrupt(_ id: Int) -> AgentItem? {
        cutoff = max(cutoff, id)
        stopped(id)
        var newest: AgentItem?
        for index in entries.indices where entries[index].first <= id {
            entries[index].isOpen = false
            newest = max(newest ?? entries[index].item, entries[index].item)
        }
        return newest
    }

    /// The server stopped all up to this number, though the caller hears what came of it.
    mutating func stopped(_ id: Int) {
        for index in entries.indices where entries[index].first <= id { entries[index].isStopped = true }
    }

    /// Whether an item may be what was still to come of an earlier one that seemed to have ended: it has the same number,
    /// or numbers say nothing and no text of its own came.
    func mayBeRest(_ item: AgentItem, of earlier: AgentItem) -> Bool {
        guard let begun = entries.last(where: { $0.item == earlier }), !begun.isStopped,
            let next = entries.last(where: { $0.item == item })
        else { return false }
        let isSame = next.first <= begun.last && begun.first <= next.last
        return isSame || loners >= Self.mostLoners && next.text == nil
    }

    /// No more audio comes of what came so far. Returns the items that end with this.
    mutating func end() -> [AgentItem] {
        var ended: [AgentItem] = []
        for index in entries.indices where entries[index].isOpen && entries[index].pieces > 0 {
            entries[index].isOpen = false
            ended.append(entries[index].item)
        }
        return ended
    }

    /// Some audio is still being received.
    var isReceiving: Bool { entries.contains { $0.isOpen && $0.pieces > 0 } }
}
