public import Timeline

/// How fast calls are dialled by all nodes of a store: one after the other, so that no second has more than it may.
public struct DialPace: Hashable, Sendable {
    public enum Slot: Hashable, Sendable {
        case taken(next: UTCTime)
        case wait(until: UTCTime)
    }

    /// Twice what an operation of the store may take.
    private static let overtaking: Int64 = 10_000

    private let interval: Int64
    private let freeAt: UTCTime?

    /// - Parameter freeAt: When the next slot is free; nil before the first.
    public init(_ rules: DialRules, freeAt: UTCTime?) {
        interval =
            rules.callsPerSecond > 0 ? (1_000 + Int64(rules.callsPerSecond) - 1) / Int64(rules.callsPerSecond) : 0
        self.freeAt = freeAt
    }

    public func take(at now: UTCTime) -> Slot {
        let next = UTCTime(millisecondsSince1970: now.millisecondsSince1970 + interval)
        // Whoever asked first may come last to the store. What lies further ahead was written by a clock that has been
        // set back.
        let furthest = UTCTime(millisecondsSince1970: next.millisecondsSince1970 + Self.overtaking)
        guard interval > 0, let freeAt, now < freeAt, freeAt <= furthest else { return .taken(next: next) }
        return .wait(until: freeAt)
    }
}
