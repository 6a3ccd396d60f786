public import Timeline

/// Decides what one call does next, from the first byte of its socket to its final status. Holds no socket, clock, task
/// or log: facts and the time in, actions out.
public struct CallMachine: Sendable {
    enum State: Hashable, Sendable {
        /// The socket is open and has said nothing of a call.
        case waiting(until: Deadline)
        case bridging(Bridge)
        /// The end is decided, and the carrier's socket still there.
        case leaving(Leaving)
        /// The carrier's socket ended by itself, and what the carrier says of the call decides.
        case settling(Settling)
        case ended
    }

    /// A call whose caller is on the line.
    struct Bridge: Hashable, Sendable {
        var upstream: Upstream
        /// Only as long as none is ready.
        var standIn: StandIn
        var tone: Tone
        var farewell: Farewell?
        /// When the next look at the carrier's frames is due.
        var lookAtFrames: Deadline
        var endsBy: Deadline
    }

    enum Upstream: Hashable, Sendable {
        case dialing(RetrySchedule, until: Deadline)
        case pausing(RetrySchedule, until: Instant)
        /// Given up, while the one that stands in may still come.
        case refused
        case ready
        /// It took its leave, and its last words are being played.
        case gone
    }

    /// The agent that stands in for the first, on an upstream of its own.
    enum StandIn: Hashable, Sendable {
        /// There is none, or none any more.
        case none
        case due(Deadline)
        case dialing(RetrySchedule, until: Deadline)
        case pausing(RetrySchedule, until: Instant)
    }

    enum Tone: Hashable, Sendable {
        case due(Deadline)
        case sounding
        case over
    }

    enum Farewell: Hashable, Sendable {
        /// The agent may still say something.
        case lastWords(until: Instant)
        /// Everything was said; the caller hears the rest.
        case playing(until: Instant)
    }

    struct Leaving: Hashable, Sendable {
        let reason: EndReason
        var step: Step
        var until: Instant

        enum Step: Hashable, Sendable {
            /// The carrier was told by REST, and its close is waited for.
            case ordered
            /// We closed the socket.
            case closed
        }
    }

    struct Settling: Hashable, Sendable {
        let seen: CarrierReport.SocketEnd
        let began: Instant
        var questions: ArraySlice<Duration>
        var isAsking: Bool
        let until: Instant
    }

    /// May change until the call has started: only then it is known whose call it is.
    public var rules: CallRules
    /// What the caller is to hear when the upstream fails.
    public var apology: [CallerStep]
    var state: State

    /// The carrier's socket is open.
    public init(_ rules: CallRules, apology: [CallerStep] = [], at now: Instant) {
        self.rules = rules
        self.apology = apology
        state = .waiting(until: Deadline(limit: rules.start, from: now))
    }

    public var isOver: Bool { state == .ended }

    /// A first `start` would begin the call.
    public var awaitsStart: Bool {
        if case .waiting = state { true } else { false }
    }

    /// The caller is on the line and nothing about the end is decided.
    public var isTalking: Bool {
        if case .bridging = state { true } else { false }
    }

    // MARK: the carrier's side

    /// `start` came, for a call that may be taken.
    public mutating func started(at now: Instant) -> [CallAction] {
        switch state {
        case .waiting:
            state = .bridging(
                Bridge(
                    upstream: .dialing(
                        RetrySchedule(rules.upstreamRetries, from: now),
                        until: Deadline(limit: rules.upstreamAttempt, from: now)),
                    standIn: rules.hasStandIn ? .due(Deadline(limit: rules.standInAfter, from: now)) : .none,
                    tone: .due(Deadline(limit: rules.tone, from: now)),
                    lookAtFrames: Deadline(
                        limit: rules.firstMedia > .zero ? rules.firstMedia : rules.frameless, from: now),
                    endsBy: Deadline(limit: rules.longest, from: now)))
            return [.dialUpstream(attempt: 1)]
        case .bridging, .leaving, .settling, .ended:
            return []  // A second `start` of the same stream says nothing new.
        }
    }

    /// The caller was on the line before this stream of the call: its longest counts from the answer.
    public mutating func wentOn(after passed: Duration, at now: Instant) {
        guard case .bridging(var bridge) = state, rules.longest > .zero else { return }
        bridge.endsBy = .at(now.advanced(by: rules.longest - passed))
        state = .bridging(bridge)
    }

    /// `start` came and may not be: a wrong token, another stream than before.
    public mutating func startRefused(
        _ reason: EndReason, closingWith code: UInt16 = 1008, saying words: String, at now: Instant
    ) -> [CallAction] {
        switch state {
        case .waiting, .bridging: return leave(reason, closingWith: code, words, at: now)
        case .leaving, .settling, .ended: return []
        }
    }

    /// How the carrier's socket ended, as far as it can be seen from it.
    public enum CarrierEnd: Hashable, Sendable {
        /// It said `stop`, or closed, or the connection was cut.
        case seen(CarrierReport.SocketEnd)
        /// Neither a frame nor an answer to our pings.
        case silent
        /// It broke a rule of the protocol, and was told so.
        case violation
    }

    /// The carrier's socket is gone, or said `stop`, which comes to the same.
    public mutating func carrierEnded(_ end: CarrierEnd, at now: Instant) -> [CallAction] {
        switch state {
        case .waiting:
            switch end {
            case .seen, .silent: return finish(.noStart)
            case .violation: return finish(.protocolError)
            }
        case .bridging(let bridge):
            let actions = release(bridge)
            switch end {
            case .seen(let seen): return actions + hangUp(after: end) + settle(seen, at: now)
            case .silent: return actions + abandon(.silence)
            case .violation: return actions + abandon(.protocolError)
            }
        case .leaving(let leaving):
            return hangUp(after: end) + finish(leaving.reason)
        case .settling, .ended:
            return []  // `stop` came first.
        }
    }

    /// After `stop` the socket is still there, and nobody would close it.
    private func hangUp(after end: CarrierEnd) -> [CallAction] {
        end == .seen(.stop) ? [.closeCarrier(code: 1000, reason: "")] : []
    }

    /// Its socket is gone, but the call may live on at the carrier.
    private mutating func abandon(_ reason: EndReason) -> [CallAction] {
        let orders: [CallAction] = rules.canOrder ? [.order([])] : []
        return [.decide(reason), .prepare([])] + orders + finish(reason)
    }

    private mutating func settle(_ seen: CarrierReport.SocketEnd, at now: Instant) -> [CallAction] {
        guard rules.canOrder || rules.ownsCall else { return finish(CarrierReport.reason(seen: seen)) }
        state = .settling(
            Settling(
                seen: seen, began: now, questions: rules.canOrder ? rules.questions[...] : [], isAsking: false,
                until: now.advanced(by: rules.patience)))
        return ask(at: now)
    }

    /// What the carrier reports of the call, by callback or when asked; nil is no answer that helps.
    public mutating func carrierAnswered(_ status: CallStatus?, at now: Instant) -> [CallAction] {
        switch state {
        case .waiting: return []
        case .bridging(let bridge):
            // The call is over at the carrier, whatever its socket still says.
            guard let status, let reason = EndReason(carrierStatus: status) else { return [] }
            return release(bridge) + [.decide(reason)] + closeCarrier(reason, code: 1000, "", at: now)
        case .leaving: return []
        case .settling(var settling):
            if let status, let reason = EndReason(carrierStatus: status) { return finish(reason) }
            settling.isAsking = false
            state = .settling(settling)
            // A status callback may still come.
            guard settling.questions.isEmpty, rules.canOrder, !rules.ownsCall else { return [] }
            return [.note(.carrierUnheard)] + finish(CarrierReport.reason(seen: settling.seen))
        case .ended: return []
        }
    }

    /// What became of an order.
    public mutating func carrierObeyed(_ obeyed: Bool, at now: Instant) -> [CallAction] {
        guard case .leaving(let leaving) = state, leaving.step == .ordered, !obeyed else { return [] }
        // What REST cannot do, the end of the stream may.
        return closeCarrier(leaving.reason, code: 1000, "", at: now)
    }

    // MARK: ends

    /// Somebody else ends the call: the API, a drain.
    public mutating func hangUpAsked(
        _ reason: EndReason, saying farewell: [CallerStep] = [], at now: Instant
    ) -> [CallAction] {
        switch state {
        case .waiting: return leave(reason, closingWith: 1001, "", at: now)
        case .bridging: return leave(reason, after: farewell, at: now)
        case .leaving, .settling, .ended: return []
        }
    }

    /// The process ends: what can be said is said, and nothing is waited for.
    ///
    /// - Parameter reason: Why a call that was up goes with it; or it is another node's by now.
    public mutating func nodeEnds(_ reason: EndReason = .drainTimeout) -> [CallAction] {
        let goodbye = CallAction.closeCarrier(code: 1001, reason: "")
        switch state {
        case .waiting: return [goodbye] + finish(.noStart)
        case .bridging(let bridge): return release(bridge) + [.decide(reason), goodbye] + finish(reason)
        case .leaving(let leaving): return [goodbye] + finish(leaving.reason)
        case .settling(let settling): return finish(CarrierReport.reason(seen: settling.seen))
        case .ended: return []
        }
    }

    /// Decides the end, and has the carrier told: by REST where that is possible, else by closing the stream.
    mutating func leave(_ reason: EndReason, after next: [CallerStep], at now: Instant) -> [CallAction] {
        var actions: [CallAction] = []
        if case .bridging(let bridge) = state { actions = release(bridge) }
        actions += [.decide(reason), .prepare(next)]
        // The end of a stream that we have set up leads to our answer. One that somebody else has set up needs REST, and so
        // does one of a node that may not be there any more when it is asked.
        if rules.canOrder, next.isEmpty || !rules.ownsCall || reason == .drainTimeout {
            state = .leaving(Leaving(reason: reason, step: .ordered, until: now.advanced(by: rules.carrierGrace)))
            return actions + [.order(next)]
        }
        return actions + closeCarrier(reason, code: reason == .drainTimeout ? 1001 : 1000, "", at: now)
    }

    private mutating func leave(
        _ reason: EndReason, closingWith code: UInt16, _ words: String, at now: Instant
    ) -> [CallAction] {
        var actions: [CallAction] = []
        var orders: [CallAction] = []
        if case .bridging(let bridge) = state {
            actions = release(bridge)
            // Only the stream ends by its close; the call may live on at the carrier.
            if rules.canOrder { orders = [.order([])] }
        }
        return actions + [.decide(reason), .prepare([])] + orders + closeCarrier(reason, code: code, words, at: now)
    }

    mutating func closeCarrier(
        _ reason: EndReason, code: UInt16, _ words: String, at now: Instant
    ) -> [CallAction] {
        state = .leaving(Leaving(reason: reason, step: .closed, until: now.advanced(by: rules.carrierGrace)))
        return [.closeCarrier(code: code, reason: words)]
    }

    mutating func finish(_ reason: EndReason) -> [CallAction] {
        state = .ended
        return [.finish(reason)]
    }

    /// Lets go of everything but the carrier.
    func release(_ bridge: Bridge) -> [CallAction] {
        var actions: [CallAction] = bridge.tone == .sounding ? [.stopTone] : []
        switch bridge.upstream {
        case .dialing, .pausing, .ready: actions += [.stopPlayout, .dropUpstream]
        case .refused, .gone: actions += [.stopPlayout]
        }
        return actions + bridge.standIn.dropping
    }
}
