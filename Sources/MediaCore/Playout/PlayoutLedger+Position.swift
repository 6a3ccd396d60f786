public import Timeline

// What the ledger knows of an instant. Ask with instants that do not go back.
extension PlayoutLedger {
    /// Up to where the caller has heard.
    public func playhead(at now: Instant) -> SampleCount {
        max(reached, clock(at: now).clamped(from: acknowledged, to: sent))
    }

    /// All that the caller has heard of the agent in this call.
    public func heard(at now: Instant) -> SampleCount {
        heardBefore + playhead(at: now)
    }

    /// How far ahead of the caller's ear the carrier has been supplied.
    public func lead(at now: Instant) -> SampleCount {
        sent - playhead(at: now)
    }

    /// What is yet to be heard, sent or not.
    public func remaining(at now: Instant) -> SampleCount {
        received - playhead(at: now)
    }

    /// How much of an item has been heard; nil if it is not of this generation or was forgotten after its end.
    public func heard(of item: PlayoutItem, at now: Instant) -> SampleCount? {
        guard let entry = items.last(where: { $0.item == item }) else { return nil }
        return heard(of: entry, upTo: playhead(at: now))
    }

    /// The same as the upstream counts: whole milliseconds, and never more than it has sent.
    public func heardTime(of item: PlayoutItem, at now: Instant) -> Milliseconds? {
        guard let entry = items.last(where: { $0.item == item }) else { return nil }
        return heardTime(of: entry, upTo: playhead(at: now))
    }

    /// The item that the caller hears; nil in a pause.
    public func audibleItem(at now: Instant) -> PlayoutItem? {
        let head = playhead(at: now)
        guard head < sent else { return nil }
        return pieces.first { $0.end > head }?.item
    }

    /// When the last word of all that was received will have been heard, if it goes on being sent in time. It may have
    /// passed: then only the mark is missing. Nil when there is nothing to wait for.
    public func endOfPlayout(at now: Instant) -> Instant? {
        guard acknowledged < received else { return nil }
        let unsent = rate.nanoseconds(of: received - sent)
        guard let run else { return now.advanced(byNanoseconds: unsent) }
        let endOfSent = run.began.advanced(byNanoseconds: rate.nanoseconds(of: sent - run.position))
        return unsent == 0 ? endOfSent : max(endOfSent, now).advanced(byNanoseconds: unsent)
    }

    /// Where the playhead would be if nothing held it.
    func clock(at now: Instant) -> SampleCount {
        guard let run else { return sent }
        return run.position + rate.samples(inNanoseconds: run.began.nanoseconds(to: now))
    }

    /// Forgets the pieces before `head`, which is not behind where the playhead ever was.
    mutating func settle(at head: SampleCount) {
        reached = max(reached, head)
        while let piece = pieces.first, piece.end <= reached {
            if let index = items.lastIndex(where: { $0.item == piece.item }) {
                items[index].settled += piece.end - firstPieceStart
            }
            firstPieceStart = piece.end
            pieces.removeFirst()
        }
    }

    func heard(of entry: Entry, upTo head: SampleCount) -> SampleCount {
        var heard = entry.settled
        var start = firstPieceStart
        for piece in pieces {
            if piece.item == entry.item {
                heard += head.clamped(from: start, to: piece.end) - start
            }
            start = piece.end
        }
        return heard
    }

    func heardTime(of entry: Entry, upTo head: SampleCount) -> Milliseconds {
        min(rate.milliseconds(of: heard(of: entry, upTo: head)), sourceRate.milliseconds(of: entry.source))
    }
}
