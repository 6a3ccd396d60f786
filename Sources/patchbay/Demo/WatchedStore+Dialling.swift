internal import CallCore
internal import CallStore
internal import Timeline

extension WatchedStore: DialKeeping {
    func order(
        _ order: DialOrder, opening record: CallRecord, under key: IdempotencyKey?, within rules: DialRules,
        at now: UTCTime
    ) async throws(CallStoreError) -> DialKept {
        try await store.order(order, opening: record, under: key, within: rules, at: now)
    }

    func keep(answer: String, under key: IdempotencyKey) async throws(CallStoreError) {
        try await store.keep(answer: answer, under: key)
    }

    func claimDial(
        for epoch: NodeEpoch?, within rules: DialRules, at now: UTCTime
    ) async throws(CallStoreError) -> DialClaim {
        try await store.claimDial(for: epoch, within: rules, at: now)
    }

    func dialQueue() async throws(CallStoreError) -> DialQueue { try await store.dialQueue() }

    func settleDial(of call: CallID) async throws(CallStoreError) {
        try await store.settleDial(of: call)
    }

    func cancelDial(of call: CallID, at now: UTCTime) async throws(CallStoreError) -> CallRecord? {
        try await store.cancelDial(of: call, at: now)
    }
}
