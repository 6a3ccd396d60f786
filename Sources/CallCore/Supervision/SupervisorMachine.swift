public import Timeline

/// Finds the calls that do not end when they should. A call decides its deadlines itself; this is what catches one that
/// has stopped to. Holds no task, clock or lock: whoever runs it tells it once a second what each call publishes.
///
/// A call that is past its own deadline by `grace` is told to look at the clock. One that is still past it after
/// `patience` is torn down, whether it did not answer or did not help itself. Looking at healthy calls takes no memory.
public struct SupervisorMachine: Sendable {
    public struct Rules: Hashable, Sendable {
        public var every = Duration.seconds(1)
        /// Past a call's own deadline.
        public var grace = Duration.seconds(2)
        /// For a call to answer a command.
        public var patience = Duration.seconds(2)

        public init() {}
    }

    public enum Action: Hashable, Sendable {
        case none
        /// Have the call look at its deadlines.
        case command
        /// End it from the side of its loop, and write its final status in its place.
        case tearDown
    }

    private struct Watch {
        /// Told then.
        var commanded: Instant
        var isTornDown = false
        /// In which look it was seen last.
        var round: UInt64
    }

    public let rules: Rules
    private var watches: [UInt64: Watch] = [:]
    private var round: UInt64 = 0

    public init(_ rules: Rules = Rules()) {
        self.rules = rules
    }

    /// How many calls are past their deadlines.
    public var overdue: Int { watches.count }

    /// What is to be done about one call.
    ///
    /// - Parameters:
    ///   - call: Its number, never another call's.
    ///   - deadline: The call's own, as it published it last.
    public mutating func look(at call: UInt64, deadline: Deadline, at now: Instant) -> Action {
        guard Self.isOverdue(deadline, by: rules.grace, at: now) else {
            if !watches.isEmpty { watches[call] = nil }
            return .none
        }
        guard var watch = watches[call] else {
            watches[call] = Watch(commanded: now, round: round)
            return .command
        }
        watch.round = round
        defer { watches[call] = watch }
        guard !watch.isTornDown, watch.commanded.advanced(by: rules.patience) <= now else { return .none }
        watch.isTornDown = true
        return .tearDown
    }

    /// Each call has been looked at. What was not seen is over.
    public mutating func lookEnded() {
        if !watches.isEmpty { watches = watches.filter { $0.value.round == round } }
        round += 1
    }

    public static func isOverdue(_ deadline: Deadline, by grace: Duration, at now: Instant) -> Bool {
        deadline.instant.map { $0.advanced(by: grace) <= now } ?? false
    }
}
