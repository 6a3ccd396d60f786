public import CallCore
public import Timeline

/// The store for those who run calls: what they tell is kept only while the call is theirs.
public struct OwnedCallStore: CallStoring {
    private let store: any CallStoring
    private let epoch: @Sendable () -> NodeEpoch?

    /// - Parameter epoch: As it is now; nil where nobody shares the store.
    public init(_ store: any CallStoring, epoch: @escaping @Sendable () -> NodeEpoch?) {
        self.store = store
        self.epoch = epoch
    }

    public func keep(_ facts: CallFacts) async throws(CallStoreError) -> CallKept {
        var facts = facts
        facts.owner = epoch()
        return try await store.keep(facts)
    }

    public func record(of call: CallReference) async throws(CallStoreError) -> CallRecord? {
        try await store.record(of: call)
    }

    public func events(of call: CallReference) async throws(CallStoreError) -> [CallEvent]? {
        try await store.events(of: call)
    }

    public func transcript(of call: CallReference) async throws(CallStoreError) -> [TranscriptTurn]? {
        try await store.transcript(of: call)
    }

    public func records(matching filter: CallFilter, page: CallPage.Request) async throws(CallStoreError) -> CallPage {
        try await store.records(matching: filter, page: page)
    }

    public func erase(_ call: CallReference, at time: UTCTime) async throws(CallStoreError) -> CallErasure {
        try await store.erase(call, at: time)
    }
}
