/// The moment by which something must be done, or never.
///
/// One deadline covers a whole exchange and is handed down; each step takes the nearer of it and its own limit.
public struct Deadline: Hashable, Sendable, Comparable {
    public static let never = Deadline(instant: nil)

    /// Nil when there is none.
    public let instant: Instant?

    private init(instant: Instant?) {
        self.instant = instant
    }

    public static func at(_ instant: Instant) -> Deadline {
        Deadline(instant: instant)
    }

    /// A limit of zero is switched off, as everywhere in the settings; a negative one has passed.
    public init(limit: Duration, from start: Instant) {
        self.init(instant: limit == .zero ? nil : start.advanced(by: limit))
    }

    public func isReached(at now: Instant) -> Bool {
        instant.map { $0 <= now } ?? false
    }

    /// What is left, never below zero; nil when there is no deadline.
    public func remaining(at now: Instant) -> Duration? {
        instant.map { $0 <= now ? .zero : now.duration(to: $0) }
    }

    /// The nearer of this deadline and a step's own limit.
    public func capped(to limit: Duration, from start: Instant) -> Deadline {
        min(self, Deadline(limit: limit, from: start))
    }

    /// Never comes after every instant.
    public static func < (left: Deadline, right: Deadline) -> Bool {
        switch (left.instant, right.instant) {
        case (let left?, let right?): left < right
        case (.some, nil): true
        case (nil, _): false
        }
    }
}
