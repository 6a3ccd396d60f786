public import CallCore
internal import Synchronization
internal import Timeline
internal import Wording

/// Keeps calls in memory, and only so many: those that ended longest ago leave first.
public final class MemoryCallStore: CallStoring {
    /// How much is kept.
    public struct Limits: Hashable, Sendable {
        public var calls: Int
        public var eventsPerCall: Int
        public var turnsPerCall: Int
        /// Identities of messages that are remembered.
        public var identities: Int

        public init(
            calls: Int = 20_000, eventsPerCall: Int = 1_000, turnsPerCall: Int = 5_000, identities: Int = 50_000
        ) {
            self.calls = max(1, calls)
            self.eventsPerCall = max(0, eventsPerCall)
            self.turnsPerCall = max(0, turnsPerCall)
            self.identities = max(1, identities)
        }
    }

    private let shelf: Mutex<CallShelf>

    public init(_ limits: Limits = Limits()) {
        shelf = Mutex(CallShelf(limits))
    }

    public func open(_ record: CallRecord) async throws(CallStoreError) -> CallOpening {
        try shelf.withLock { shelf throws(CallStoreError) in try shelf.open(record) }
    }

    public func change(
        _ call: CallReference, _ change: CallChange, identity: String?, orOpen missing: CallRecord?
    ) async throws(CallStoreError) -> CallChanged {
        try shelf.withLock { shelf throws(CallStoreError) in
            try shelf.change(call, change, identity: identity, orOpen: missing)
        }
    }

    public func append(_ events: [CallEvent]) async throws(CallStoreError) {
        shelf.withLock { $0.append(events) }
    }

    public func append(_ turns: [TranscriptTurn], to call: CallID) async throws(CallStoreError) {
        shelf.withLock { $0.append(turns, to: call) }
    }

    public func record(of call: CallReference) async throws(CallStoreError) -> CallRecord? {
        shelf.withLock { $0.file(of: call)?.record }
    }

    public func events(of call: CallReference) async throws(CallStoreError) -> [CallEvent]? {
        shelf.withLock { $0.file(of: call)?.events }
    }

    public func transcript(of call: CallReference) async throws(CallStoreError) -> [TranscriptTurn]? {
        shelf.withLock { $0.file(of: call)?.turns }
    }

    public func records(
        matching filter: CallFilter, page: CallPage.Request
    ) async throws(CallStoreError) -> CallPage {
        shelf.withLock { $0.page(page, matching: filter) }
    }
}
