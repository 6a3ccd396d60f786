internal import MediaCore

/// When the caller spoke, for the text that comes later and in any order.
struct OpenAICallerTurns {
    private var turns: [(itemID: String, start: Milliseconds?, end: Milliseconds?)] = []

    /// Texts come within a few turns.
    private static let memory = 32

    mutating func started(_ itemID: String, at time: Milliseconds) {
        turns.append((itemID, time, nil))
        turns.removeFirst(max(0, turns.count - Self.memory))
    }

    mutating func stopped(_ itemID: String, at time: Milliseconds) {
        guard let index = turns.lastIndex(where: { $0.itemID == itemID }) else { return }
        turns[index].end = time
    }

    func piece(of itemID: String, text: String, isFinal: Bool) -> UpstreamTranscriptPiece {
        let turn = turns.last { $0.itemID == itemID }
        return UpstreamTranscriptPiece(
            .caller, turn: itemID, text: text, isFinal: isFinal, start: turn?.start, end: turn?.end)
    }
}
