public import Timeline

/// Says at any instant what the caller has heard: the one book that interruption, truncation, farewell, transcript and
/// recording read.
///
/// Positions count samples at the carrier's rate since the generation began. Audio is first received (it waits in our
/// ring), then sent, then acknowledged by a mark. The carrier plays what it was sent in real time, so the playhead is the
/// clock since the run of audio began, held between what was acknowledged and what was sent.
///
/// It is bounded: so many items, so many pieces. It allocates in `init` and when interrupted.
///
/// - Invariant: acknowledged ≤ playhead ≤ sent ≤ received, and within a generation none of them ever goes back.
public struct PlayoutLedger: ~Copyable {
    /// A carrier whose marks come later than this was not playing meanwhile. What a network and a jitter buffer add to
    /// the way of a mark stays far below.
    static let longestMarkDelay = Milliseconds(1_000)

    public let rate: SampleRate
    /// The rate in which the upstream counts its items.
    public let sourceRate: SampleRate
    public internal(set) var generation = PlayoutGeneration(number: 0)
    public internal(set) var received = SampleCount.zero
    public internal(set) var sent = SampleCount.zero
    public internal(set) var acknowledged = SampleCount.zero
    /// What was heard before this generation began.
    public internal(set) var heardBefore = SampleCount.zero

    /// Where the clock stood at which instant: the anchor of the playhead. Nil until something is sent.
    var run: (began: Instant, position: SampleCount)?
    /// The highest position that the playhead is known to have reached.
    var reached = SampleCount.zero
    /// Whose audio was sent last.
    var lastSent: PlayoutItem?
    var items: [Entry] = []
    var pieces: [Piece] = []
    /// Where the first of `pieces` begins.
    var firstPieceStart = SampleCount.zero
    let itemLimit: Int
    let pieceLimit: Int
    private var nextItem: UInt32 = 1

    /// What is known of one item.
    struct Entry {
        let item: PlayoutItem
        /// As the upstream counts.
        var source = SampleCount.zero
        var received = SampleCount.zero
        /// Heard, and no longer in `pieces`.
        var settled = SampleCount.zero
        var isFinished = false
    }

    /// Consecutive audio of one item.
    struct Piece {
        let item: PlayoutItem
        var end: SampleCount
    }

    public init(rate: SampleRate, sourceRate: SampleRate, itemLimit: Int = 16, pieceLimit: Int = 32) {
        precondition(itemLimit > 0 && pieceLimit > 0, "a ledger without room")
        self.rate = rate
        self.sourceRate = sourceRate
        self.itemLimit = itemLimit
        self.pieceLimit = pieceLimit
        items.reserveCapacity(itemLimit)
        pieces.reserveCapacity(pieceLimit)
    }

    // MARK: What the upstream sends

    public enum Beginning: Hashable, Sendable {
        case begun(PlayoutItem)
        /// What it belongs to was interrupted: it must not be played.
        case outdated
        /// As many items wait already as there is room for.
        case full
    }

    /// Opens an item of an answer that was begun in `generation`.
    public mutating func beginItem(in generation: PlayoutGeneration) -> Beginning {
        guard generation == self.generation else { return .outdated }
        if items.count == itemLimit {
            guard let oldest = items.first, oldest.settled == oldest.received else { return .full }
            items.removeFirst()
        }
        let item = PlayoutItem(number: nextItem)
        nextItem &+= 1
        items.append(Entry(item: item))
        return .begun(item)
    }

    /// Whether `receive` would take audio of this item now.
    public func hasRoom(for item: PlayoutItem) -> Bool {
        (pieces.last?.item == item || pieces.count < pieceLimit) && items.contains { $0.item == item }
    }

    /// Audio of an item that our ring took: `source` samples as the upstream counts, `count` at the carrier's rate.
    ///
    /// - Returns: False if it must not be played: the item is not of this generation, or the audio of too many items is
    ///   mixed up.
    public mutating func receive(_ count: SampleCount, source: SampleCount, of item: PlayoutItem) -> Bool {
        guard hasRoom(for: item), let index = items.lastIndex(where: { $0.item == item }) else { return false }
        if count > .zero {
            if let last = pieces.last, last.item == item {
                pieces[pieces.count - 1].end += count
            } else {
                pieces.append(Piece(item: item, end: received + count))
            }
            received += count
        }
        items[index].received += count
        items[index].source += source
        items[index].isFinished = false
        return true
    }

    /// Silence that our ring took to fill up a packet: it is played as part of what was received last.
    public mutating func fill(_ count: SampleCount) {
        guard let item = pieces.last?.item, let index = items.lastIndex(where: { $0.item == item }) else { return }
        pieces[pieces.count - 1].end += count
        received += count
        items[index].received += count
    }

    /// The upstream has sent all of an item. Not for one of which audio had to be dropped: the upstream believes that it
    /// was all said, so at an interruption that must be put right.
    public mutating func finish(_ item: PlayoutItem) {
        guard let index = items.lastIndex(where: { $0.item == item }) else { return }
        items[index].isFinished = true
    }

    // MARK: What goes to the carrier and comes back

    /// The next `count` samples went to the carrier.
    public mutating func send(_ count: SampleCount, at now: Instant) {
        assert(count <= received - sent, "sent more than was received")
        guard count > .zero else { return }
        let head = playhead(at: now)
        if head == sent { run = (now, sent) }  // All was played: a new run begins.
        settle(at: head)
        sent = min(sent + count, received)
        lastSent = pieces.first { $0.end >= sent }?.item ?? lastSent
    }

    /// The mark to send behind all that was sent so far; nil when that is nothing.
    public var mark: PlayoutMark? {
        lastSent.map { PlayoutMark(generation: generation, item: $0, end: sent) }
    }

    public enum Acknowledgement: Hashable, Sendable {
        case counted
        /// Of an older generation: `clear` returns the marks of what was never played.
        case outdated
        /// It says no more than an earlier one, or of audio that was never sent.
        case meaningless
    }

    /// A mark came back.
    public mutating func acknowledge(_ mark: PlayoutMark, at now: Instant) -> Acknowledgement {
        guard mark.generation == generation else {
            return mark.generation < generation ? .outdated : .meaningless
        }
        guard mark.end > acknowledged, mark.end <= sent else { return .meaningless }
        let head = playhead(at: now)
        acknowledged = mark.end
        settle(at: max(head, acknowledged))
        let clock = clock(at: now)
        let latest = acknowledged + rate.samples(in: Self.longestMarkDelay)
        if clock < acknowledged {
            run = (now, acknowledged)  // It plays ahead of our clock.
        } else if clock > latest {
            run = (now, latest)  // It stood still; ours must not run away from it.
        }
        return .counted
    }
}
