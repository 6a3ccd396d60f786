internal import CallCore
internal import Timeline

/// The nodes that use a store in memory, as tests have them: each may die by not renewing its lease.
struct NodeBook {
    private static let lease = LeaseRules()

    private var leases: [NodeEpoch: Instant] = [:]
    private var last = NodeEpoch(0)
    private var owners: [CallID: NodeEpoch] = [:]
    private var claimed: Set<CallID> = []

    mutating func enter(at now: Instant) -> NodeEpoch {
        last = NodeEpoch(last.number + 1)
        leases[last] = now.advanced(by: Self.lease.length)
        return last
    }

    mutating func renew(_ epoch: NodeEpoch, at now: Instant) -> Bool {
        guard leases[epoch] != nil else { return false }
        leases[epoch] = now.advanced(by: Self.lease.length)
        return true
    }

    func stands(_ epoch: NodeEpoch) -> Bool { leases[epoch] != nil }

    mutating func leave(_ epoch: NodeEpoch) { leases[epoch] = nil }

    /// Whether the facts may be kept; whoever opens a call, or brings its stream, answers for it from then on.
    mutating func admits(_ facts: CallFacts, of call: CallID, _ record: CallRecord?) -> Bool {
        guard let owner = facts.owner else { return true }
        guard leases[owner] != nil else { return false }
        if let known = owners[call], known != owner, let record, !facts.bringsStream(to: record) { return false }
        if record.map({ facts.bringsStream(to: $0) }) ?? true { claimed.remove(call) }
        owners[call] = owner
        return true
    }

    mutating func claim(
        _ calls: [CallID], for epoch: NodeEpoch, steadily isSteady: Bool, at now: Instant
    ) throws(CallStoreError) -> Int {
        guard leases[epoch] != nil else { throw .fenced }
        leases = leases.filter { other, until in
            other == epoch || Self.lease.isAlive(until: until, lock: .missing, judgedSteadily: isSteady, at: now)
        }
        let orphans = calls.filter { owners[$0].map { leases[$0] == nil } ?? true }
        for call in orphans { owners[call] = epoch }
        claimed.formUnion(orphans)
        return orphans.count
    }

    mutating func take(_ call: CallID, for epoch: NodeEpoch) throws(CallStoreError) -> Bool {
        guard leases[epoch] != nil else { throw .fenced }
        let isHeld = owners[call].map { leases[$0] != nil } ?? false
        guard !isHeld || claimed.contains(call) else { return false }
        owners[call] = epoch
        claimed.insert(call)
        return true
    }

    func open(_ record: CallRecord, seenBy epoch: NodeEpoch) -> OpenCall {
        let owner = owners[record.id]
        let holder: OpenCall.Holder =
            owner == epoch ? .asker : owner.map { leases[$0] != nil } ?? false ? .another : .nobody
        return OpenCall(record: record, holder: holder, wasClaimed: claimed.contains(record.id))
    }

    mutating func forget(_ call: CallID) {
        owners[call] = nil
        claimed.remove(call)
    }
}
