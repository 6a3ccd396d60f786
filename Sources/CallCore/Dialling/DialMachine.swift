public import Timeline

/// Decides how one call gets to the carrier, and gets there once: tries, waits, and where an answer was lost looks before
/// it tries again.
public struct DialMachine: Hashable, Sendable {
    public enum Action: Hashable, Sendable {
        /// Tells the carrier to call. Answered by `dialled`.
        case dial
        /// Looks for the call among the carrier's. Answered by `looked`.
        case look
        case wait(until: Instant)
        /// The carrier has it, under this name.
        case attach(String)
        case giveUp(DialFailure)
    }

    private enum State: Hashable, Sendable {
        case dialling
        case pausing(until: Instant)
        /// The carrier may have the call.
        case unclear(since: Instant, looks: ArraySlice<Duration>, until: Instant)
        case looking(since: Instant, looks: ArraySlice<Duration>)
        case over
    }

    private let rules: DialRules
    private let began: Instant
    private var state: State
    private var attempts = 0
    private var pause: Duration
    private var failure = DialFailure(.unclear, "The carrier's answer was lost.")

    /// - Parameter wasTried: Somebody else tried, of whom nobody knows how far they came.
    public init(_ rules: DialRules, wasTried: Bool, at now: Instant) {
        self.rules = rules
        began = now
        pause = rules.firstPause
        state = wasTried ? .unclear(since: now, looks: rules.looks[...], until: now) : .pausing(until: now)
    }

    public var isOver: Bool { state == .over }

    /// Its time may have come.
    public mutating func timeCame(at now: Instant) -> Action {
        switch state {
        case .pausing(let until):
            guard until <= now else { return .wait(until: until) }
            attempts += 1
            state = .dialling
            return .dial
        case .unclear(let since, let looks, let until):
            guard until <= now else { return .wait(until: until) }
            state = .looking(since: since, looks: looks)
            return .look
        case .dialling, .looking, .over:
            return .wait(until: now.advanced(by: rules.firstPause))
        }
    }

    public mutating func dialled(_ result: Result<String, DialFailure>, at now: Instant) -> Action {
        guard state == .dialling else { return .wait(until: now) }
        switch result {
        case .success(let name):
            state = .over
            return .attach(name)
        case .failure(let failure):
            self.failure = failure
            switch failure.kind {
            case .refused: return giveUp()
            case .unclear: return lookAfter(rules.looks[...], since: now, at: now)
            case .notNow(let after): return tryAgain(after: after, at: now)
            }
        }
    }

    /// - Parameter found: The call's name if it is there; nil where the carrier did not say.
    public mutating func looked(_ found: Found?, at now: Instant) -> Action {
        guard case .looking(let since, let looks) = state else { return .wait(until: now) }
        switch found {
        case .call(let name):
            state = .over
            return .attach(name)
        case nil:
            let until = now.advanced(by: pause)
            pause = min(pause * 2, rules.longestPause)
            state = .unclear(since: since, looks: looks, until: until)
            return .wait(until: until)
        case .nothing:
            let rest = looks.dropFirst()
            guard rest.isEmpty else { return lookAfter(rest, since: since, at: now) }
            // It was looked for long enough: the carrier does not have it.
            return tryAgain(after: nil, at: now)
        }
    }

    public enum Found: Hashable, Sendable {
        case call(String)
        case nothing
    }

    private mutating func lookAfter(_ looks: ArraySlice<Duration>, since: Instant, at now: Instant) -> Action {
        let until = max(now, since.advanced(by: looks.first ?? rules.firstPause))
        state = .unclear(since: since, looks: looks, until: until)
        return .wait(until: until)
    }

    private mutating func tryAgain(after: Duration?, at now: Instant) -> Action {
        let until = now.advanced(by: max(after ?? .zero, attempts == 0 ? .zero : pause))
        pause = min(pause * 2, rules.longestPause)
        guard attempts < rules.attempts || failure.isHarmless, until <= began.advanced(by: rules.patience) else {
            return giveUp()
        }
        state = .pausing(until: until)
        return .wait(until: until)
    }

    private mutating func giveUp() -> Action {
        state = .over
        return .giveUp(failure)
    }
}
