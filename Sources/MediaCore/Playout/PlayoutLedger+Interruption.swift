public import Timeline

/// What was heard of one item when the caller interrupted, and what the upstream must be told of it.
public struct PlayoutCut: Hashable, Sendable {
    public enum Correction: Hashable, Sendable {
        /// The caller heard it to its end: nothing to tell.
        case none
        /// Cut it off after so many milliseconds.
        case truncate(after: Milliseconds)
        /// The caller heard nothing of it: take it out of the conversation.
        case remove
    }

    public let item: PlayoutItem
    public let heard: Milliseconds
    /// All that came of it, as the upstream counts.
    public let received: Milliseconds
    public let correction: Correction
}

extension PlayoutLedger {
    /// An item of which less than this is missing counts as heard to its end.
    static let unheardRest = Milliseconds(100)

    /// The caller interrupts: what was not heard by now never will be. Begins a new generation, so that marks which
    /// `clear` returns and audio that is still on its way no longer count. Drop the ring and send `clear` with it.
    ///
    /// - Returns: Every item that was open, in the order in which they began.
    public mutating func interrupt(at now: Instant) -> [PlayoutCut] {
        let head = playhead(at: now)
        let cuts = items.map { cut($0, at: head) }
        heardBefore += head
        generation = generation.next
        received = .zero
        sent = .zero
        acknowledged = .zero
        reached = .zero
        firstPieceStart = .zero
        run = nil
        lastSent = nil
        items.removeAll(keepingCapacity: true)
        pieces.removeAll(keepingCapacity: true)
        return cuts
    }

    /// The same, except that everything from `kept` on goes on: it begins the new generation. For an interruption that
    /// stops one answer and not the next, which waits already. Take what lay before `start` and was not sent out of the
    /// ring.
    ///
    /// - Returns: Nil, and nothing is done, when some of what is to be kept was sent: the carrier drops all or nothing.
    public mutating func interrupt(
        before kept: PlayoutItem, at now: Instant
    ) -> (cuts: [PlayoutCut], start: SampleCount)? {
        guard let index = items.firstIndex(where: { $0.item == kept }) else { return (interrupt(at: now), received) }
        let rest = Array(items[index...])
        let place = pieces.firstIndex { piece in rest.contains { $0.item == piece.item } } ?? pieces.count
        let start = place == 0 ? firstPieceStart : pieces[place - 1].end
        guard sent <= start else { return nil }
        let waiting = pieces[place...].map { Piece(item: $0.item, end: $0.end - start) }
        let left = received - start
        let cuts = interrupt(at: now)
        items += rest
        pieces += waiting
        received = left
        return (cuts.filter { cut in !rest.contains { $0.item == cut.item } }, start)
    }

    private func cut(_ entry: Entry, at head: SampleCount) -> PlayoutCut {
        let heard = heardTime(of: entry, upTo: head)
        let received = sourceRate.milliseconds(of: entry.source)
        let correction: PlayoutCut.Correction
        if heard == .zero {
            correction = .remove
        } else if entry.isFinished, received - heard < Self.unheardRest {
            correction = .none
        } else {
            correction = .truncate(after: heard)
        }
        return PlayoutCut(item: entry.item, heard: heard, received: received, correction: correction)
    }
}
