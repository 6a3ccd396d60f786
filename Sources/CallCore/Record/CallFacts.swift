public import Timeline

/// What is to be kept of one call in one step: all of it, or nothing.
public struct CallFacts: Hashable, Sendable {
    public indirect enum Step: Hashable, Sendable {
        /// By the rules of `CallRecord.apply`. Which event follows from its effect depends on who tells of it.
        case change(CallChange, Telling = .bridge)
        case event(CallEvent)
        case turn(TranscriptTurn)
    }

    /// Who tells of a change.
    public enum Telling: Hashable, Sendable {
        /// Those who run the call: they note by themselves what they see, and only the end follows from an effect.
        case bridge
        /// A message of the carrier, received then.
        case webhook(path: String, status: String, at: UTCTime)
    }

    public var call: CallReference
    /// The carrier's name of it, where `call` is ours: the facts are kept even if we know the call by another id.
    public var providerCallID: String?
    /// Opened first if there is no such call.
    @Apart public var opening: CallRecord?
    /// Of the message that they come from. Of a second message with the same nothing is kept but that it came.
    public var identity: String?
    /// The part of the house that tells, for the events that follow.
    public var component: String
    public var steps: [Step]
    /// How long whoever tells can wait at most; nil is as long as the store thinks right.
    public var patience: Duration?
    /// What is only right now is not kept later, when the store is back: it is lost with its error.
    public var isForNow = false
    /// Those who run the call tell of it under this epoch, and it is kept only while that answers for the call. Whoever
    /// opens a call, or brings a new stream of it, does from then on.
    public var owner: NodeEpoch?

    public init(
        of call: CallReference, by component: String, identity: String? = nil, orOpen opening: CallRecord? = nil,
        _ steps: [Step]
    ) {
        self.call = call
        self.component = component
        self.identity = identity
        self.opening = opening
        self.steps = steps
        providerCallID = opening?.providerCallID
    }

    /// Begins a record. Where the carrier's id is known already, the record that is there stays.
    public init(opening record: CallRecord, by component: String) {
        self.init(of: .id(record.id), by: component, orOpen: record, [])
    }

    /// Whether a stream begins that the record does not know.
    public func bringsStream(to record: CallRecord) -> Bool {
        steps.contains { step in
            guard case .change(let change, _) = step, let stream = change.streamID else { return false }
            return stream != record.streamID
        }
    }

    /// All names that the call may be known by, ours first.
    public var names: [CallReference] {
        var names = [call]
        if let opening, call != .id(opening.id) { names.append(.id(opening.id)) }
        if let providerCallID, call != .provider(providerCallID) { names.append(.provider(providerCallID)) }
        return names
    }
}

// What the facts come to: the one place that says so, for every store.
extension CallFacts {
    /// What is to be added to a call's lists, and what became of each change.
    public struct Outcome: Hashable, Sendable {
        public var events: [CallEvent] = []
        public var turns: [TranscriptTurn] = []
        public var effects: [StatusEffect] = []
    }

    /// Applies the facts to the call's record.
    ///
    /// - Parameter isNew: Whether the record was opened for them.
    public func apply(to record: inout CallRecord, isNew: Bool) -> Outcome {
        var outcome = Outcome()
        // The carrier's report and the stream tell of one answer.
        let wasAnswered = record.answeredAt != nil && !isNew
        let tellsOfAnswer = steps.contains { step in
            if case .event(let event) = step { event.kind == .callAnswered } else { false }
        }
        if isNew {
            outcome.events.append(
                CallEvent(
                    at: record.createdAt, call: record.id, component: component,
                    .callCreated(direction: record.direction)))
        }
        for step in steps {
            switch step {
            case .change(let change, let telling):
                let knewAnswer = record.answeredAt != nil
                let time = telling.time ?? change.at
                let effect = record.apply(change)
                outcome.effects.append(effect)
                // Whoever says so first tells of it, be it with the call's end: the stream may come later, or never.
                if !knewAnswer, record.answeredAt != nil, !tellsOfAnswer {
                    outcome.events.append(CallEvent(at: time, call: record.id, component: component, .callAnswered))
                }
                if let happening = telling.happening(after: effect) {
                    outcome.events.append(CallEvent(at: time, call: record.id, component: component, happening))
                }
            case .event(let event) where event.kind == .callAnswered && wasAnswered: break
            case .event(let event): outcome.events.append(event.of(record.id))
            case .turn(let turn): outcome.turns.append(turn)
            }
        }
        return outcome
    }

    /// What is noted of a message that came before.
    public func eventsOfRepetition(in record: CallRecord) -> [CallEvent] {
        steps.compactMap { step in
            guard case .change(_, .webhook(let path, let status, let time)) = step else { return nil }
            return CallEvent(
                at: time, call: record.id, component: component, .webhookDuplicate(path: path, status: status))
        }
    }
}

extension CallFacts.Telling {
    fileprivate var time: UTCTime? {
        switch self {
        case .bridge: nil
        case .webhook(_, _, let time): time
        }
    }

    fileprivate func happening(after effect: StatusEffect) -> CallHappening? {
        switch (self, effect) {
        case (_, .finished(let reason)): .callFinal(reason)
        case (.bridge, _): nil
        case (.webhook(let path, let status, _), .duplicate): .webhookDuplicate(path: path, status: status)
        case (.webhook(let path, let status, _), .outOfOrder): .webhookOutOfOrder(path: path, status: status)
        case (.webhook, .advanced), (.webhook, .decided), (.webhook, .none): nil
        }
    }
}
