internal import CallCore
internal import CallStore
internal import Timeline

/// A store in memory that also tells what is written into it.
struct WatchedStore: CallStoring {
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
