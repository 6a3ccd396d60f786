public import CallCore
public import Timeline

extension SQLiteCallStore: DialKeeping {
    public func order(
        _ order: DialOrder, opening record: CallRecord, under key: IdempotencyKey?, within rules: DialRules,
        at now: UTCTime
    ) async throws(CallStoreError) -> DialKept {
        try await write(.dial) { [life] connection throws(CallStoreError) in
            try DialTable(connection: connection).order(
                order, opening: record, under: key, within: rules, openedBy: life.epoch, at: now)
        }
    }

    public func keep(answer: String, under key: IdempotencyKey) async throws(CallStoreError) {
        try await write(.dial) { connection throws(CallStoreError) in
            try DialTable(connection: connection).keep(answer: answer, under: key)
        }
    }

    public func claimDial(
        for epoch: NodeEpoch?, within rules: DialRules, at now: UTCTime
    ) async throws(CallStoreError) -> DialClaim {
        try await write(.dial) { connection throws(CallStoreError) in
            try DialTable(connection: connection).claim(for: epoch, within: rules, at: now)
        }
    }

    public func dialQueue() async throws(CallStoreError) -> DialQueue {
        try await read(.dial) { connection throws(CallStoreError) in try DialTable(connection: connection).queue() }
    }

    public func settleDial(of call: CallID) async throws(CallStoreError) {
        try await write(.dial) { connection throws(CallStoreError) in
            try DialTable(connection: connection).settle(call)
        }
    }

    public func cancelDial(of call: CallID, at now: UTCTime) async throws(CallStoreError) -> CallRecord? {
        try await write(.dial) { connection throws(CallStoreError) in
            try DialTable(connection: connection).cancel(call, at: now)
        }
    }
}
