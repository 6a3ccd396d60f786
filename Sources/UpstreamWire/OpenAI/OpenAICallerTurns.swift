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

    /// Returns when the last word was said: the server names the end of the silence that it waited for.
    mutating func stopped(_ itemID: String, at time: Milliseconds, after silence: Milliseconds) -> Milliseconds {
        let index = turns.lastIndex { $0.itemID == itemID }
        let start = index.flatMap { turns[$0].start } ?? .zero
        let end = min(time, max(start, time - silence))
        if let index { turns[index].end = end }
        return end
    }

    func piece(of itemID: String, text: String, isFinal: Bool) -> UpstreamTranscriptPiece {
        let turn = turns.last { $0.itemID == itemID }
        return UpstreamTranscriptPiece(
            .caller, turn: itemID, text: text, isFinal: isFinal, start: turn?.start, end: turn?.end)
    }
}
