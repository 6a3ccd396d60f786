public import Timeline

/// Judges whether the calls that wait are dialled: whoever is first and due has to become somebody else in time.
public struct DialWatch: Sendable {
    public enum Trouble: Hashable, Sendable {
        /// The first has been due for so long, and nobody tried to dial it.
        case stuck(Duration)
        /// The store does not say what waits.
        case unreadable(CallStoreError)
        /// Whoever dials has not looked for so long.
        case forgotten(Duration)
    }

    public struct Reading: Hashable, Sendable {
        public let queue: DialQueue
        /// How long the first was due by then; nil where nothing is.
        public let overdue: Duration?
        /// Nil for one that looks after nothing yet.
        public let age: Duration?
        public let trouble: Trouble?
    }

    /// At the slowest pace the first is another one every second.
    static let patience = Duration.seconds(15)

    private struct Front: Sendable {
        let call: CallID
        /// First, and due, since then.
        let since: Instant
    }

    private var queue = DialQueue()
    private var overdue: Duration?
    private var front: Front?
    private var began: Instant?
    private var lookedAt: Instant?
    private var failure: CallStoreError?

    public init() {}

    /// - Parameter isHeld: Nothing may be dialled for a while, and that is as it should be.
    public mutating func looked(_ queue: DialQueue, isHeld: Bool, at now: Instant, _ utc: UTCTime) {
        self.queue = queue
        failure = nil
        lookedAt = now
        began = began ?? now
        guard let first = queue.first, first.due <= utc else {
            (front, overdue) = (nil, nil)
            return
        }
        overdue = .milliseconds(utc.millisecondsSince1970 - first.due.millisecondsSince1970)
        if isHeld || front?.call != first.call { front = Front(call: first.call, since: now) }
    }

    public mutating func failed(_ error: CallStoreError, at now: Instant) {
        failure = error
        began = began ?? now
    }

    public func reading(at now: Instant) -> Reading {
        let age = (lookedAt ?? began).map { $0.duration(to: now) }
        var trouble: Trouble?
        if let age, age > Self.patience {
            trouble = failure.map { .unreadable($0) } ?? .forgotten(age)
        } else if let front, front.since.duration(to: now) > Self.patience {
            trouble = .stuck(overdue ?? .zero)
        }
        return Reading(queue: queue, overdue: overdue, age: age, trouble: trouble)
    }
}

extension DialWatch.Trouble {
    public var code: String {
        switch self {
        case .stuck: "dialling.stuck"
        case .unreadable(let error): error.code
        case .forgotten: "dialling.forgotten"
        }
    }

    /// - Parameter queue: What was seen of it last.
    public func message(_ queue: DialQueue) -> String {
        switch self {
        case .stuck(let time):
            "The first of \(queue.waiting) calls that wait has been due for \(time.components.seconds) s and is not "
                + "dialled. \(queue.dialling) are with the carrier: see its row here, and /v1/errors?component=dialling."
        case .unreadable(let error): "Calls that wait to be dialled cannot be looked at. \(error.message)"
        case .forgotten(let time):
            "Nobody has looked at the calls that wait to be dialled for \(time.components.seconds) s. Restart this node."
        }
    }
}
