internal import CallCore
internal import CallStore

/// A store in memory that also tells what is written into it.
struct WatchedStore: CallStoring {
    private let store = MemoryCallStore()
    let tell: @Sendable (DemoNews) -> Void

    func open(_ record: CallRecord) async throws(CallStoreError) -> CallOpening {
        try await store.open(record)
    }

    func change(
        _ call: CallReference, _ change: CallChange, identity: String?, orOpen missing: CallRecord?
    ) async throws(CallStoreError) -> CallChanged {
        try await store.change(call, change, identity: identity, orOpen: missing)
    }

    func append(_ events: [CallEvent]) async throws(CallStoreError) {
        try await store.append(events)
        for event in events { tell(.event(event)) }
    }

    func append(_ turns: [TranscriptTurn], to call: CallID) async throws(CallStoreError) {
        try await store.append(turns, to: call)
        for turn in turns { tell(.turn(turn)) }
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
