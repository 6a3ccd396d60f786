public import CallCore
internal import Synchronization
public import Timeline
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

    let shelf: Mutex<CallShelf>

    public init(_ limits: Limits = Limits()) {
        shelf = Mutex(CallShelf(limits))
    }

    public func keep(_ facts: CallFacts) async throws(CallStoreError) -> CallKept {
        try shelf.withLock { shelf throws(CallStoreError) in try shelf.keep(facts) }
    }

    public func erase(_ call: CallReference, at time: UTCTime) async throws(CallStoreError) -> CallErasure {
        shelf.withLock { $0.erase(call) }
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
