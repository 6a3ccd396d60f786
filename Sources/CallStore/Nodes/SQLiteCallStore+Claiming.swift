public import CallCore
public import Timeline

extension SQLiteCallStore: CallClaiming {
    private static let lease = LeaseRules()

    public func enter(_ node: String, at now: Instant) async throws(CallStoreError) -> NodeEpoch {
        let until = now.advanced(by: Self.lease.length)
        let epoch = try await database.write { [life] connection throws(CallStoreError) in
            let epoch = try NodeTable(connection: connection).enter(node, until: until)
            try life.prepare(epoch)
            return epoch
        }
        life.begin(epoch)
        return epoch
    }

    public func renew(_ epoch: NodeEpoch, at now: Instant) async throws(CallStoreError) -> Bool {
        let until = now.advanced(by: Self.lease.length)
        return try await database.write { connection throws(CallStoreError) in
            try NodeTable(connection: connection).renew(epoch, until: until)
        }
    }

    public func leave(_ epoch: NodeEpoch) async throws(CallStoreError) {
        try await database.write { connection throws(CallStoreError) in
            try NodeTable(connection: connection).remove(epoch)
        }
        life.end(epoch)
    }

    public func claimOrphans(
        for epoch: NodeEpoch, steadily isSteady: Bool, at now: Instant
    ) async throws(CallStoreError) -> Int {
        try await database.write { [life] connection throws(CallStoreError) in
            let nodes = NodeTable(connection: connection)
            for dead in try nodes.buryDead(
                for: epoch, under: Self.lease, steadily: isSteady, at: now, lock: { life.look(at: $0) })
            {
                life.removeLock(of: dead)
            }
            return try nodes.claimOrphans(for: epoch)
        }
    }

    public func hasOthers(than epoch: NodeEpoch, at now: Instant) async throws(CallStoreError) -> Bool {
        try await database.read { [life] connection throws(CallStoreError) in
            try NodeTable(connection: connection).hasOthers(than: epoch, under: Self.lease, at: now) {
                life.look(at: $0)
            }
        }
    }

    public func take(_ call: CallID, for epoch: NodeEpoch) async throws(CallStoreError) -> Bool {
        try await database.write { connection throws(CallStoreError) in
            let nodes = NodeTable(connection: connection)
            guard try nodes.stands(epoch) else { throw .fenced }
            return try nodes.take(call, for: epoch)
        }
    }

    public func openCalls(
        seenBy epoch: NodeEpoch, after last: CallID?, limit: Int
    ) async throws(CallStoreError) -> [OpenCall] {
        try await database.read { connection throws(CallStoreError) in
            try NodeTable(connection: connection).openCalls(seenBy: epoch, after: last, limit: limit)
        }
    }
}
