internal import MediaCore

/// What the agent says, piece by piece: which of its items has which number, how much of it came, and what of it must
/// not be played any more.
struct OpenAIAgentItems {
    struct Entry {
        let item: AgentItem
        let itemID: String
        let contentIndex: Int
        let responseID: String?
        /// The id again as bytes, to be compared with a message without making a string.
        let bytes: [UInt8]
        var receivedBytes = ByteCount.zero
        var isFenced: Bool
        /// Its response was given up before its first audio came.
        let wasNeverPlayed: Bool
        /// Its last audio has come.
        var isComplete = false
    }

    /// More than can wait for playing; what is older was heard long ago.
    static let capacity = 256

    private var entries: [Entry] = []
    private var nextNumber = 1
    /// Where the last piece of audio belonged: nearly always where the next one does.
    private var current = 0

    /// Takes in a piece of audio; nil for an item that is not known yet. Allocates nothing.
    mutating func receive(_ delta: OpenAIAudioDelta, in text: Span<UInt8>) -> (item: AgentItem, isFenced: Bool)? {
        if !matches(current, delta, text) {
            guard let index = entries.indices.last(where: { matches($0, delta, text) }) else { return nil }
            current = index
        }
        entries[current].receivedBytes += Self.decodedByteCount(delta.base64, in: text)
        return (entries[current].item, entries[current].isFenced)
    }

    /// The number of a piece, new if it was not known. Its audio is fenced if its response is.
    mutating func item(for part: OpenAIPart, isFenced: Bool) -> AgentItem {
        if let known = index(of: part) { return entries[known].item }
        if entries.count == Self.capacity {
            entries.removeFirst()
            current = max(0, current - 1)
        }
        let item = AgentItem(number: nextNumber)
        nextNumber += 1
        entries.append(
            Entry(
                item: item, itemID: part.itemID, contentIndex: part.contentIndex, responseID: part.responseID,
                bytes: Array(part.itemID.utf8), isFenced: isFenced, wasNeverPlayed: isFenced))
        return item
    }

    func entry(_ item: AgentItem) -> Entry? {
        entries.last { $0.item == item }
    }

    var newest: AgentItem? { entries.last?.item }

    func wasNeverPlayed(_ itemID: String) -> Bool {
        entries.contains { $0.itemID == itemID && $0.wasNeverPlayed }
    }

    mutating func complete(_ part: OpenAIPart) {
        if let index = index(of: part) { entries[index].isComplete = true }
    }

    mutating func receive(_ count: ByteCount, of item: AgentItem) {
        for index in entries.indices where entries[index].item == item { entries[index].receivedBytes += count }
    }

    mutating func fence(_ item: AgentItem) {
        for index in entries.indices where entries[index].item == item { entries[index].isFenced = true }
    }

    mutating func fence(responseID: String) {
        for index in entries.indices where entries[index].responseID == responseID { entries[index].isFenced = true }
    }

    private func index(of part: OpenAIPart) -> Int? {
        entries.lastIndex { $0.itemID == part.itemID && $0.contentIndex == part.contentIndex }
    }

    @inline(__always)
    private func matches(_ index: Int, _ delta: OpenAIAudioDelta, _ text: Span<UInt8>) -> Bool {
        index < entries.count && entries[index].contentIndex == delta.contentIndex
            && text.holds(entries[index].bytes, at: delta.itemID)
    }

    /// What base64 of this length and padding stands for.
    @inline(__always)
    private static func decodedByteCount(_ base64: Range<Int>, in text: Span<UInt8>) -> ByteCount {
        var count = base64.count / 4 * 3
        for place in base64.suffix(2) where text[place] == UInt8(ascii: "=") { count -= 1 }
        return ByteCount(max(0, count))
    }
}

extension Span<UInt8> {
    @inline(__always)
    fileprivate func holds(_ bytes: [UInt8], at range: Range<Int>) -> Bool {
        guard bytes.count == range.count else { return false }
        for index in bytes.indices where self[range.lowerBound + index] != bytes[index] { return false }
        return true
    }
}
