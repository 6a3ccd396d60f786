internal import CallCore
internal import Timeline

/// What of a call is to be kept and is not yet. The store may be slow or away; the call goes on.
struct Outbox {
    enum Entry {
        case open(CallRecord)
        case change(CallChange)
        case happening(UTCTime, component: String, CallHappening)
        case turn(TranscriptTurn)
    }

    /// Past it events and turns are dropped and counted; changes of the record never are.
    static let capacity = 512

    private var entries: [Entry] = []
    private(set) var dropped = 0

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }

    mutating func add(_ entry: Entry) {
        switch entry {
        case .open, .change: entries.append(entry)
        case .happening, .turn:
            guard entries.count < Self.capacity else {
                dropped += 1
                return
            }
            entries.append(entry)
        }
    }

    /// Everything, in its order.
    mutating func takeAll() -> [Entry] {
        defer { entries.removeAll(keepingCapacity: entries.count < 16) }
        return entries
    }
}
