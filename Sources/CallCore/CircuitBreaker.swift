public import Timeline

/// Stops calling a dependency that keeps failing, and lets one call at a time find out whether it is back.
///
/// Closed until `failuresToOpen` calls in a row fail within `window`; then open for `firstPause`; then half open, where
/// one call is the probe. Its success closes the breaker, its failure opens it for twice as long, up to `longestPause`.
/// A probe that is abandoned, or says nothing for `probeLimit`, makes room for the next.
public struct CircuitBreaker: Hashable, Sendable {
    public struct Rules: Hashable, Sendable {
        public var failuresToOpen = 5
        public var window = Duration.seconds(30)
        public var firstPause = Duration.seconds(30)
        public var longestPause = Duration.seconds(300)
        public var probeLimit = Duration.seconds(30)

        public init() {}
    }

    /// Leave to make one call, handed back with its outcome.
    public struct Permit: Hashable, Sendable {
        fileprivate let period: UInt64
        public let isProbe: Bool
    }

    public enum Admission: Hashable, Sendable {
        case admitted(Permit)
        /// Not worth asking again before this instant.
        case refused(until: Instant)
    }

    /// What the metric `patchbay_breaker_state` shows.
    public enum Condition: Int, Sendable {
        case closed = 0
        case halfOpen = 1
        case open = 2
    }

    private enum State: Hashable, Sendable {
        case closed(failures: [Instant])
        case open(until: Instant, pause: Duration)
        /// `probeLapses` is nil while nobody probes.
        case halfOpen(pause: Duration, probeLapses: Instant?)
    }

    private let rules: Rules
    private var state = State.closed(failures: [])
    /// Grows with each opening and with each probe's begin and end: an outcome from before counts no more.
    private var period: UInt64 = 0

    public init(_ rules: Rules = Rules()) {
        self.rules = rules
    }

    public func condition(at now: Instant) -> Condition {
        switch state {
        case .closed: .closed
        case .open(let until, _): now < until ? .open : .halfOpen
        case .halfOpen: .halfOpen
        }
    }

    /// Asks for leave to make one call. Whoever is admitted reports `succeeded`, `failed` or `abandoned`.
    public mutating func admit(at now: Instant) -> Admission {
        switch state {
        case .closed:
            return .admitted(Permit(period: period, isProbe: false))
        case .open(let until, let pause):
            return now < until ? .refused(until: until) : admitProbe(after: pause, at: now)
        case .halfOpen(let pause, let probeLapses):
            if let probeLapses, now < probeLapses { return .refused(until: probeLapses) }
            return admitProbe(after: pause, at: now)
        }
    }

    public mutating func succeeded(_ permit: Permit) {
        guard permit.period == period else { return }
        switch state {
        case .closed:
            state = .closed(failures: [])
        case .halfOpen:
            period += 1
            state = .closed(failures: [])
        case .open:
            break  // No permit is given while open, so none of this period is out.
        }
    }

    public mutating func failed(_ permit: Permit, at now: Instant) {
        guard permit.period == period else { return }
        switch state {
        case .closed(var failures):
            failures.removeAll { $0.duration(to: now) > rules.window }
            failures.append(now)
            state = .closed(failures: failures)
            if failures.count >= rules.failuresToOpen { open(for: rules.firstPause, at: now) }
        case .halfOpen(let pause, _):
            open(for: min(pause * 2, rules.longestPause), at: now)
        case .open:
            break  // As above.
        }
    }

    /// The call ended without telling anything about the dependency, as when the caller hung up first.
    public mutating func abandoned(_ permit: Permit) {
        guard permit.period == period else { return }
        switch state {
        case .halfOpen(let pause, _):
            period += 1
            state = .halfOpen(pause: pause, probeLapses: nil)
        case .closed, .open:
            break
        }
    }

    private mutating func open(for pause: Duration, at now: Instant) {
        period += 1
        state = .open(until: now.advanced(by: pause), pause: pause)
    }

    private mutating func admitProbe(after pause: Duration, at now: Instant) -> Admission {
        period += 1
        state = .halfOpen(pause: pause, probeLapses: now.advanced(by: rules.probeLimit))
        return .admitted(Permit(period: period, isProbe: true))
    }
}
