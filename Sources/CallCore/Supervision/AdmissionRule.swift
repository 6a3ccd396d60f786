public import Timeline

/// Whether a node takes new calls, where nobody has named a number: as long as its loops are in time and there is memory.
///
/// It closes at once, and opens again only after it was well for a while: a node at its limit must not flap.
public struct AdmissionRule: Sendable {
    public struct Limits: Hashable, Sendable {
        /// How late a loop may get to what is due, once in a hundred times.
        public var lag = Duration.milliseconds(10)
        /// Of the memory that the process may use.
        public var memory = 0.85
        /// Below these for `calm` it opens again.
        public var calmLag = Duration.milliseconds(5)
        public var calmMemory = 0.80
        public var calm = Duration.seconds(5)
        /// A loop with fewer calls than this is late for other reasons, and turning callers away would not help it.
        public var leastCalls = 8
        /// Of a loop's time; what the capacity is reckoned with.
        public var busy = 0.80

        public init() {}
    }

    /// How the node is.
    public struct Reading: Hashable, Sendable {
        public var calls: Int
        public var loops: Int
        /// The 99th of a hundred of the worst loop.
        public var lag: Duration
        /// Nil where the system does not tell.
        public var memory: Double?
        /// The share of its time that the busiest loop works; nil while it is not known.
        public var busy: Double?

        public init(calls: Int, loops: Int, lag: Duration, memory: Double?, busy: Double? = nil) {
            self.calls = calls
            self.loops = loops
            self.lag = lag
            self.memory = memory
            self.busy = busy
        }
    }

    public enum Cause: String, Hashable, Sendable {
        case lag, memory
    }

    private let limits: Limits
    /// Why it takes no calls; nil while it does.
    public private(set) var cause: Cause?
    /// How many calls it thinks it can hold; nil while there are too few to tell.
    public private(set) var capacity: Int?
    private var calmSince: Instant?

    public init(_ limits: Limits = Limits()) {
        self.limits = limits
    }

    public var isOpen: Bool { cause == nil }

    public mutating func take(_ reading: Reading, at now: Instant) {
        if let trouble = trouble(in: reading) {
            // What it held when it could hold no more.
            if isOpen { capacity = reading.calls }
            cause = trouble
            calmSince = nil
            return
        }
        guard isOpen || isCalm(reading, at: now) else { return }
        cause = nil
        calmSince = nil
        capacity = reckoned(reading)
    }

    private func trouble(in reading: Reading) -> Cause? {
        if let memory = reading.memory, memory >= limits.memory { return .memory }
        let least = limits.leastCalls * max(1, reading.loops)
        return reading.lag >= limits.lag && reading.calls >= least ? .lag : nil
    }

    /// Well, and for long enough.
    private mutating func isCalm(_ reading: Reading, at now: Instant) -> Bool {
        let isLoaded = reading.calls >= limits.leastCalls * max(1, reading.loops)
        guard (reading.memory ?? 0) < limits.calmMemory, reading.lag < limits.calmLag || !isLoaded else {
            calmSince = nil
            return false
        }
        let since = calmSince ?? now
        calmSince = since
        return since.advanced(by: limits.calm) <= now
    }

    /// What each call has taken so far, the next ones will, too.
    private func reckoned(_ reading: Reading) -> Int? {
        guard let busy = reading.busy, busy > 0, reading.calls >= limits.leastCalls * max(1, reading.loops) else {
            return nil
        }
        return max(reading.calls, Int(Double(reading.calls) * limits.busy / busy))
    }
}
