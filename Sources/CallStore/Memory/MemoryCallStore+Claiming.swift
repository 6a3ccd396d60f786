public import CallCore
internal import Synchronization
public import Timeline

extension MemoryCallStore: CallClaiming {
    public func enter(_ node: String, at now: Instant) async throws(CallStoreError) -> NodeEpoch {
        shelf.withLock { $0.nodes.enter(at: now) }
    }

    public func renew(_ epoch: NodeEpoch, at now: Instant) async throws(CallStoreError) -> Bool {
        shelf.withLock { $0.nodes.renew(epoch, at: now) }
    }

    public func leave(_ epoch: NodeEpoch) async throws(CallStoreError) {
        shelf.withLock { $0.nodes.leave(epoch) }
    }

    public func claimOrphans(
        for epoch: NodeEpoch, steadily isSteady: Bool, at now: Instant
    ) async throws(CallStoreError) -> Int {
        try shelf.withLock { shelf throws(CallStoreError) in
            try shelf.nodes.claim(shelf.open.map(\.id), for: epoch, steadily: isSteady, at: now)
        }
    }

    public func take(_ call: CallID, for epoch: NodeEpoch) async throws(CallStoreError) -> Bool {
        try shelf.withLock { shelf throws(CallStoreError) in
            guard shelf.open.contains(where: { $0.id == call }) else { return false }
            return try shelf.nodes.take(call, for: epoch)
        }
    }

    public func openCalls(
        seenBy epoch: NodeEpoch, after last: CallID?, limit: Int
    ) async throws(CallStoreError) -> [OpenCall] {
        shelf.withLock { shelf in
            shelf.open.filter { record in last.map { $0 < record.id } ?? true }.prefix(limit)
                .map { shelf.nodes.open($0, seenBy: epoch) }
        }
    }
}
