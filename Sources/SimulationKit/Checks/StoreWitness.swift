internal import CallCore
internal import CallStore
internal import JSONWire
internal import Timeline

/// Writes down, beside the store and by rules of its own, what nodes told it, what it promised them, who answers for which
/// call, and when each record became final; says at once when one thing contradicts another.
final class StoreWitness {
    /// An event, whatever its call is called.
    struct EventKey: Hashable {
        let at: UTCTime
        let kind: CallEvent.Kind
        let component: String
        let data: JSONObject

        init(_ event: CallEvent) {
            at = event.at
            kind = event.kind
            component = event.component
            data = event.data
        }
    }

    struct Telling {
        let names: [CallReference]
        let events: [EventKey]
        let turns: [TranscriptTurn]
        let ends: Bool
        var isPromised = false
    }

    struct Ending {
        let reason: EndReason
        let at: Instant
        /// The part of the house that told the last word, and the node that it is a part of, where that matters.
        let by: String
        let owner: NodeEpoch?
    }

    private let world: World
    private let tables: TurnedDatabase
    private(set) var tellings: [Telling] = []
    private(set) var endings: [CallID: [Ending]] = [:]
    /// By the carrier's names, and what else was opened.
    private(set) var opened: Set<CallID> = []
    private var owners: [CallID: NodeEpoch] = [:]
    private var streams: [CallID: String] = [:]
    /// Those that were claimed, with the stream that was lost.
    private var lost: [CallID: String?] = [:]
    /// Those that stand, with when each asked for its lease last.
    private var leases: [NodeEpoch: Instant] = [:]
    /// Orders to dial that were given out, and when the last was.
    private var given: Set<CallID> = []
    private var lastGiven: (asked: UTCTime, at: Instant)?
    /// Sees each ending in the moment of its commit.
    var ended: (CallRecord, Ending) -> Void = { _, _ in }

    init(_ world: World, _ tables: TurnedDatabase) {
        self.world = world
        self.tables = tables
    }

    // MARK: facts

    /// Somebody tells; returns the number under which it is known.
    func told(_ facts: CallFacts) -> Int {
        var (events, turns, ends): ([EventKey], [TranscriptTurn], Bool) = ([], [], false)
        for step in facts.steps {
            switch step {
            case .event(let event): events.append(EventKey(event))
            case .turn(let turn): turns.append(turn)
            case .change(let change, _): ends = ends || change.endsCall
            }
        }
        tellings.append(Telling(names: facts.names, events: events, turns: turns, ends: ends))
        return tellings.count - 1
    }

    /// Whoever told it was told that it is kept.
    func promised(_ telling: Int, _ kept: CallKept) {
        switch kept {
        case .kept, .later: tellings[telling].isPromised = true
        case .repeated, .unknownCall: break
        }
    }

    /// A transaction has been committed.
    func kept(_ facts: CallFacts, _ kept: CallKept) {
        guard case .kept(let record, let isNew, let outcome) = kept else { return }
        look(at: record, facts, isNew: isNew)
        if let owner = facts.owner { admit(owner, facts, record, isNew: isNew) }
        if isNew { owners[record.id] = (try? tables.owner(of: .id(record.id))) ?? nil }
        note(record, facts)
        for case .finished(let reason) in outcome.effects { ends(record, reason, by: facts) }
    }

    /// A spool's entry has been committed, now or before.
    func replayed(_ entry: SpoolEntry) {
        guard let record = entry.facts.names.lazy.compactMap({ [self] in (try? tables.record(of: $0)) ?? nil }).first
        else { return }
        opened.insert(record.id)
        owners[record.id] = (try? tables.owner(of: .id(record.id))) ?? nil
        note(record, entry.facts)
        guard record.status.isFinal, endings[record.id] == nil, let reason = record.endReason else { return }
        ends(record, reason, by: entry.facts)
    }

    private func look(at record: CallRecord, _ facts: CallFacts, isNew: Bool) {
        if isNew, !opened.insert(record.id).inserted {
            world.violated("no call is invented", "\(record.id) was opened twice")
        }
    }

    private func note(_ record: CallRecord, _ facts: CallFacts) {
        streams[record.id] = record.streamID
    }

    private func ends(_ record: CallRecord, _ reason: EndReason, by facts: CallFacts) {
        let component = facts.component
        let ending = Ending(reason: reason, at: world.now, by: component, owner: facts.owner)
        endings[record.id, default: []].append(ending)
        world.note("record is final", "\(record.providerCallID ?? "-") \(reason.rawValue) by \(component)")
        ended(record, ending)
    }

    // MARK: orders

    /// A call to dial was kept, with its record.
    func ordered(_ record: CallRecord) {
        opened.insert(record.id)
        owners[record.id] = (try? tables.owner(of: .id(record.id))) ?? nil
    }

    /// An order was given out, or none.
    func gave(_ claim: DialClaim, within rules: DialRules, at now: UTCTime) {
        guard case .dial(let order, let triedAt) = claim else { return }
        world.note("order is given out", "\(order.call)\(triedAt == nil ? "" : " again")")
        guard triedAt == nil else { return }
        if !given.insert(order.call).inserted {
            world.violated("an order is given out once", "\(order.call)")
        }
        guard !order.isExpired(at: now), rules.callsPerSecond > 0 else { return }
        let least = Duration.milliseconds(1_000 / rules.callsPerSecond)
        // Whoever asked may have waited for the disk: then he is late by both.
        if let last = lastGiven, last.at.duration(to: world.now) < least,
            .milliseconds(now.millisecondsSince1970 - last.asked.millisecondsSince1970) < least
        {
            world.violated("the account's pace is held", "\(order.call) after \(last.asked)")
        }
        lastGiven = (now, world.now)
    }

    // MARK: who answers

    /// What was kept of a node's telling: had it the right to?
    private func admit(_ owner: NodeEpoch, _ facts: CallFacts, _ record: CallRecord, isNew: Bool) {
        if leases[owner] == nil {
            world.violated("a fenced node writes nothing", "epoch \(owner) is gone, and told of \(record.id)")
        }
        let brings = facts.steps.contains { step in
            guard case .change(let change, _) = step, let stream = change.streamID else { return false }
            return stream != streams[record.id]
        }
        if let known = owners[record.id], known != owner, !brings, !isNew {
            world.violated(
                "a fenced node writes nothing", "epoch \(owner) told of \(record.id), which is epoch \(known)'s")
        }
        owners[record.id] = owner
    }

    func entered(_ epoch: NodeEpoch, at now: Instant) {
        if let last = leases.keys.max(), epoch <= last { world.violated("epochs only grow", "\(epoch) after \(last)") }
        leases[epoch] = now
    }

    func renewed(_ epoch: NodeEpoch, at now: Instant, stands: Bool) {
        if stands != (leases[epoch] != nil) { world.violated("who was claimed from is told", "epoch \(epoch)") }
        if stands { leases[epoch] = now }
    }

    func left(_ epoch: NodeEpoch) { leases[epoch] = nil }

    /// The carrier asked another node than the one that claimed it: the caller must not be back by then.
    func taken(_ call: CallID, for epoch: NodeEpoch) {
        let isOrphan = owners[call].map { leases[$0] == nil } ?? true
        let isLost = lost[call].map { $0 == streams[call] } ?? false
        if !isOrphan, !isLost, owners[call] != epoch {
            world.violated("a call on the line is nobody else's", "\(call) was taken by \(epoch)")
        }
        owners[call] = epoch
        lost[call] = .some(streams[call])
    }

    /// Whoever lost its row must be dead, or without a lease by the world's own clock.
    func claimed(for claimer: NodeEpoch, isDead: (NodeEpoch) -> Bool) {
        for (epoch, asked) in leases where epoch != claimer && (try? tables.stands(epoch)) != true {
            let lease = LeaseRules().length
            if !isDead(epoch), asked.duration(to: world.now) < lease {
                world.violated("a lease that holds is respected", "epoch \(epoch) was taken for dead by \(claimer)")
            }
            leases[epoch] = nil
        }
        for call in opened where endings[call] == nil {
            guard owners[call].map({ leases[$0] == nil }) ?? true else { continue }
            owners[call] = claimer
            lost[call] = .some(streams[call])
            if let owner = try? tables.owner(of: .id(call)), owner != claimer {
                world.violated("a claim takes all that nobody answers for", "\(call) is epoch \(owner)'s")
            }
        }
    }
}

extension CallChange {
    fileprivate var endsCall: Bool {
        switch status {
        case .finish: true
        case .carrier(let status): status.isFinal
        case .advance, .decide, nil: false
        }
    }
}
