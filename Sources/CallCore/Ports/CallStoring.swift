public import Timeline
internal import Wording

/// Keeps calls. Nothing on the way of media waits for it: it may take until its own deadline.
public protocol CallStoring: Sendable {
    /// Keeps what is told of a call, as one step: all of it, or nothing. Of two at once one comes first.
    func keep(_ facts: CallFacts) async throws(CallStoreError) -> CallKept

    func record(of call: CallReference) async throws(CallStoreError) -> CallRecord?

    /// In the order in which they were kept; nil when there is no such call.
    func events(of call: CallReference) async throws(CallStoreError) -> [CallEvent]?

    func transcript(of call: CallReference) async throws(CallStoreError) -> [TranscriptTurn]?

    /// The newest first.
    func records(matching filter: CallFilter, page: CallPage.Request) async throws(CallStoreError) -> CallPage

    /// Forgets who spoke and what was said, for good; that there was a call, and how it ended, stays. Nothing of that
    /// kind is kept of the call from then on.
    func erase(_ call: CallReference, at time: UTCTime) async throws(CallStoreError) -> CallErasure
}

public indirect enum CallKept: Hashable, Sendable {
    /// The record as it is now, and what was added to it.
    case kept(CallRecord, opened: Bool, CallFacts.Outcome)
    /// The message was taken before; the record as it is.
    case repeated(CallRecord)
    case unknownCall
    /// The store is away. The facts are safe, and are kept in their order once it is back.
    case later
}

public enum CallErasure: Hashable, Sendable {
    /// The bare record.
    case erased(CallRecord)
    /// The call is not over.
    case live(CallRecord)
    case unknownCall
}

/// Which calls to list; nil takes all.
public struct CallFilter: Hashable, Sendable {
    public var status: CallStatus?
    public var agent: String?
    /// The caller.
    public var from: String?
    /// Created then or later.
    public var since: UTCTime?

    public init(status: CallStatus? = nil, agent: String? = nil, from: String? = nil, since: UTCTime? = nil) {
        self.status = status
        self.agent = agent
        self.from = from
        self.since = since
    }

    public func takes(_ record: CallRecord) -> Bool {
        (status.map { $0 == record.status } ?? true) && (agent.map { $0 == record.agent } ?? true)
            && (from.map { $0 == record.from?.unmasked } ?? true) && (since.map { $0 <= record.createdAt } ?? true)
    }
}

/// A part of a list.
public struct CallPage: Hashable, Sendable {
    public struct Request: Hashable, Sendable {
        /// The last call of the page before; nil asks for the first page.
        public var after: CallID?
        public var limit: Int

        public init(after: CallID? = nil, limit: Int = 50) {
            self.after = after
            self.limit = limit
        }
    }

    public let records: [CallRecord]
    /// To ask for the next page with; nil on the last.
    public let next: CallID?

    public init(records: [CallRecord], next: CallID?) {
        self.records = records
        self.next = next
    }
}
