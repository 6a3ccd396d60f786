public import Timeline

/// Puts a carrier's messages of audio back into the order in which they were spoken, where they may overtake each other.
///
/// What comes in order passes at once and costs nothing. What comes early is kept until what belongs before it has come,
/// but neither longer than `patience` nor more than `depth` of it; then the missing counts as lost, and comes too late.
public struct ChunkOrder: Sendable {
    public static let depth = 4
    public static let patience = Duration.milliseconds(60)
    /// A number further away than this is no matter of order: the carrier counts anew.
    static let horizon: Int64 = 500

    public enum Place: Hashable, Sendable {
        /// Goes on now; then ask `next(at:)` for what waited for it.
        case next
        /// It is kept; ask `next(at:)`, since there may be too much of it now.
        case early
        /// Its place is over, or it is a copy.
        case late
    }

    /// Audio that came early.
    public struct Kept: Sendable {
        public let chunk: Int64
        public let timestamp: Int64?
        public let audio: [UInt8]
        fileprivate let arrived: Instant
    }

    /// The number that is next; nil before the first.
    private var expected: Int64?
    /// By their numbers.
    private var kept: [Kept] = []

    public init() {}

    /// Something came whose place has not come yet.
    public var isWaiting: Bool { !kept.isEmpty }

    /// Says what to do with a message. One without a number is next, wherever it belongs.
    public mutating func arrived(_ media: CarrierMedia, audio: Span<UInt8>, at now: Instant) -> Place {
        guard let chunk = media.chunk, chunk < .max else { return .next }
        guard let expected, abs(chunk - expected) <= Self.horizon else {
            self.expected = chunk + 1
            kept.removeAll()
            return .next
        }
        guard chunk >= expected else { return .late }
        guard chunk > expected else {
            self.expected = chunk + 1
            return .next
        }
        let place = kept.firstIndex { $0.chunk >= chunk } ?? kept.count
        guard place == kept.count || kept[place].chunk != chunk else { return .late }
        kept.insert(Kept(chunk: chunk, timestamp: media.timestamp, audio: copy(audio), arrived: now), at: place)
        return .early
    }

    /// Takes out what goes on now, if anything does, and how many before it are lost.
    public mutating func next(at now: Instant) -> (kept: Kept, lost: Int)? {
        guard let first = kept.first, let expected else { return nil }
        let isDue = first.chunk == expected || kept.count >= Self.depth || kept.contains { isOverdue($0, at: now) }
        guard isDue else { return nil }
        self.expected = first.chunk + 1
        return (kept.removeFirst(), Int(first.chunk - expected))
    }

    private func copy(_ audio: Span<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(audio.count)
        for index in audio.indices { bytes.append(audio[index]) }
        return bytes
    }

    private func isOverdue(_ kept: Kept, at now: Instant) -> Bool {
        kept.arrived.duration(to: now) >= Self.patience
    }
}
