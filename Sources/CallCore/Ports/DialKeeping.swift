public import Timeline

/// Where calls wait that are to be dialled, for all nodes of a store.
public protocol DialKeeping: Sendable {
    /// Keeps an order, its record and its key in one step, or none of them.
    func order(
        _ order: DialOrder, opening record: CallRecord, under key: IdempotencyKey?, within rules: DialRules,
        at now: UTCTime
    ) async throws(CallStoreError) -> DialKept

    /// Keeps what the first request with this key was answered. What was kept before stays.
    func keep(answer: String, under key: IdempotencyKey) async throws(CallStoreError)

    /// Gives out the next order whose time has come, to this epoch and nobody else.
    func claimDial(
        for epoch: NodeEpoch?, within rules: DialRules, at now: UTCTime
    ) async throws(CallStoreError) -> DialClaim

    /// What waits, and what is being carried out, by any node.
    func dialQueue() async throws(CallStoreError) -> DialQueue

    /// The order was carried out, or never will be.
    func settleDial(of call: CallID) async throws(CallStoreError)

    /// Ends a call that was not dialled. Nil: it does not wait.
    func cancelDial(of call: CallID, at now: UTCTime) async throws(CallStoreError) -> CallRecord?
}

public enum DialKept: Hashable, Sendable {
    case kept(CallRecord)
    /// The key was used before; nothing was kept.
    case known(KeptKey)
    /// As many wait as may.
    case full(limit: Int)
    /// The day's minutes are used up.
    case spent(minutes: Int)
}

/// What a node gets that asks for something to dial.
public enum DialClaim: Hashable, Sendable {
    case nothing
    case wait(until: UTCTime)
    /// With the time of an attempt that a dead node made, of whom nobody knows how far it came.
    case dial(DialOrder, triedAt: UTCTime?)
}

/// The orders that are there.
public struct DialQueue: Hashable, Sendable {
    /// Whose turn is next.
    public struct First: Hashable, Sendable {
        public let call: CallID
        public let due: UTCTime

        public init(call: CallID, due: UTCTime) {
            self.call = call
            self.due = due
        }
    }

    /// How many wait for their turn or their time.
    public var waiting = 0
    public var first: First?
    /// How many are being carried out.
    public var dialling = 0

    public init() {}
}
