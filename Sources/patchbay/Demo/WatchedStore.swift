internal import CallCore
internal import CallStore
internal import Timeline

/// A store in memory that also tells what is written into it.
struct WatchedStore: CallStoring, CallClaiming {
    private let store = MemoryCallStore()
    let tell: @Sendable (DemoNews) -> Void

    func keep(_ facts: CallFacts) async throws(CallStoreError) -> CallKept {
        let kept = try await store.keep(facts)
        if case .kept(_, _, let outcome) = kept {
            for event in outcome.events { tell(.event(event)) }
            for turn in outcome.turns { tell(.turn(turn)) }
        }
        return kept
    }

    func enter(_ node: String, at now: Instant) async throws(CallStoreError) -> NodeEpoch {
        try await store.enter(node, at: now)
    }

    func renew(_ epoch: NodeEpoch, at now: Instant) async throws(CallStoreError) -> Bool {
        try await store.renew(epoch, at: now)
    }

    func leave(_ epoch: NodeEpoch) async throws(CallStoreError) {
        try await store.leave(epoch)
    }

    func claimOrphans(
        for epoch: NodeEpoch, steadily isSteady: Bool, at now: Instant
    ) async throws(CallStoreError) -> Int {
        try await store.claimOrphans(for: epoch, steadily: isSteady, at: now)
    }

    func take(_ call: CallID, for epoch: NodeEpoch) async throws(CallStoreError) -> Bool {
        try await store.take(call, for: epoch)
    }

    func openCalls(
        seenBy epoch: NodeEpoch, after last: CallID?, limit: Int
    ) async throws(CallStoreError) -> [OpenCall] {
        try await store.openCalls(seenBy: epoch, after: last, limit: limit)
    }

    func erase(_ call: CallReference, at time: UTCTime) async throws(CallStoreError) -> CallErasure {
        try await store.erase(call, at: time)
    }

    func record(of call: CallReference) async throws(CallStoreError) -> CallRecord? {
        try await store.record(of: call)
    }

    func events(of call: CallReference) async throws(CallStoreError) -> [CallEvent]? {
        try await store.events(of: call)
    }

    func transcript(of call: CallReference) async throws(CallStoreError) -> [TranscriptTurn]? {
        try await store.transcript(of: call)
    }

    func records(
        matching filter: CallFilter, page: CallPage.Request
    ) async throws(CallStoreError) -> CallPage {
        try await store.records(matching: filter, page: page)
    }
}
