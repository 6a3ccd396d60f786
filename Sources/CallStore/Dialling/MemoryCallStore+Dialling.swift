public import CallCore
internal import Synchronization
public import Timeline

extension MemoryCallStore: DialKeeping {
    public func order(
        _ order: DialOrder, opening record: CallRecord, under key: IdempotencyKey?, within rules: DialRules,
        at now: UTCTime
    ) async throws(CallStoreError) -> DialKept {
        try shelf.withLock { shelf throws(CallStoreError) in
            if let kept = shelf.dials.known(key, at: now) { return .known(kept) }
            guard shelf.dials.waiting < rules.capacity else { return .full(limit: rules.capacity) }
            if let limit = rules.secondsPerDay, shelf.dialledSeconds(on: now) >= limit {
                return .spent(minutes: rules.minutesPerDay)
            }
            guard case .kept(let kept, _, _) = try shelf.keep(CallFacts(opening: record, by: "dialling")) else {
                throw .refused("a call of this id is there already")
            }
            shelf.dials.add(order, under: key, at: now)
            return .kept(kept)
        }
    }

    public func keep(answer: String, under key: IdempotencyKey) async throws(CallStoreError) {
        shelf.withLock { $0.dials.keep(answer, under: key) }
    }

    public func claimDial(
        for epoch: NodeEpoch?, within rules: DialRules, at now: UTCTime
    ) async throws(CallStoreError) -> DialClaim {
        shelf.withLock { shelf in
            var dials = shelf.dials
            defer { shelf.dials = dials }
            return dials.claim(
                for: epoch, within: rules,
                isOver: { shelf.file(of: .id($0))?.record.status.isFinal ?? true },
                isAlive: { $0 == epoch || shelf.nodes.stands($0) },
                isSpent: rules.secondsPerDay.map { $0 <= shelf.dialledSeconds(on: now) } ?? false, at: now)
        }
    }

    public func dialQueue() async throws(CallStoreError) -> DialQueue {
        shelf.withLock { $0.dials.queue }
    }

    public func settleDial(of call: CallID) async throws(CallStoreError) {
        shelf.withLock { $0.dials.settle(call) }
    }

    public func cancelDial(of call: CallID, at now: UTCTime) async throws(CallStoreError) -> CallRecord? {
        try shelf.withLock { shelf throws(CallStoreError) in
            guard let isWaiting = shelf.dials.isWaiting(call) else { return nil }
            if isWaiting { shelf.dials.settle(call) }
            let change = CallChange(at: now, isWaiting ? .finish(.canceled) : .decide(.canceled))
            let kept = try shelf.keep(CallFacts(of: .id(call), by: "dialling", [.change(change)]))
            guard case .kept(let record, _, _) = kept else { return nil }
            return record
        }
    }
}

extension CallShelf {
    fileprivate func dialledSeconds(on now: UTCTime) -> Int {
        records.lazy.filter { now.startOfDay <= $0.createdAt }.reduce(0) { $0 + $1.dialledSeconds(at: now) }
    }
}
