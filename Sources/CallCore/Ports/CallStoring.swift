public import Timeline
internal import Wording

/// Keeps calls. Nothing on the way of media waits for it: it may take until its own deadline.
public protocol CallStoring: Sendable {
    /// Begins a record. Where the carrier's id is known already, the record that is there is given back.
    func open(_ record: CallRecord) async throws(CallStoreError) -> CallOpening

    /// Changes a record by the rules of `CallRecord.apply`, as one step: of two changes at once one comes first.
    ///
    /// - Parameters:
    ///   - identity: Of the message that caused the change. A second change with the same does nothing at all.
    ///   - missing: Opened first if there is no such call.
    func change(
        _ call: CallReference, _ change: CallChange, identity: String?, orOpen missing: CallRecord?
    ) async throws(CallStoreError) -> CallChanged

    /// Of calls that are not there, nothing is kept.
    func append(_ events: [CallEvent]) async throws(CallStoreError)

    func append(_ turns: [TranscriptTurn], to call: CallID) async throws(CallStoreError)

    func record(of call: CallReference) async throws(CallStoreError) -> CallRecord?

    /// In the order in which they were appended; nil when there is no such call.
    func events(of call: CallReference) async throws(CallStoreError) -> [CallEvent]?

    func transcript(of call: CallReference) async throws(CallStoreError) -> [TranscriptTurn]?

    /// The newest first.
    func records(matching filter: CallFilter, page: CallPage.Request) async throws(CallStoreError) -> CallPage
}

extension CallStoring {
    public func change(_ call: CallID, _ change: CallChange) async throws(CallStoreError) -> CallChanged {
        try await self.change(.id(call), change, identity: nil, orOpen: nil)
    }
}

public enum CallOpening: Hashable, Sendable {
    case opened
    case exists(CallRecord)
}

public enum CallChanged: Hashable, Sendable {
    case changed(CallRecord, StatusEffect)
    /// The message was taken before; the record as it is.
    case repeated(CallRecord)
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

/// Why the store did not do what it was asked.
public enum CallStoreError: Error, Hashable, Sendable {
    /// Neither the store nor its spool can be written.
    case unavailable(String)
    case timedOut
    /// As many calls are open as can be kept.
    case full(limit: Int)

    public var code: String {
        switch self {
        case .unavailable: "store.unavailable"
        case .timedOut: "store.timed_out"
        case .full: "store.full"
        }
    }

    public var message: String {
        switch self {
        case .unavailable(let reason): "The store cannot be used: \(reason). Check the disk and the database's file."
        case .timedOut: "The store took too long. Check the disk's load."
        case .full(let limit): "The store in memory holds \(limit) open calls, which is all that it can keep."
        }
    }
}
