public import Timeline

/// Who answers for which open call, among nodes that share a store.
///
/// A node enters under an epoch of its own and renews its lease. When it is dead its calls are claimed by another node, in
/// one step; from then on nothing is kept that its epoch tells as a call's owner, even if it was only asleep.
public protocol CallClaiming: Sendable {
    /// Begins a node's life in this store, under a higher epoch than any before.
    func enter(_ node: String, at now: Instant) async throws(CallStoreError) -> NodeEpoch

    /// Prolongs the lease. False once another node has claimed calls from this epoch: nothing is kept of it any more.
    func renew(_ epoch: NodeEpoch, at now: Instant) async throws(CallStoreError) -> Bool

    /// Ends the life: what is still open can be claimed at once.
    func leave(_ epoch: NodeEpoch) async throws(CallStoreError)

    /// Claims every open call that no living node answers for. Returns how many there were.
    ///
    /// - Parameter isSteady: Whether the claimer has had its own lease for so long that it may judge others by theirs.
    func claimOrphans(
        for epoch: NodeEpoch, steadily isSteady: Bool, at now: Instant
    ) async throws(CallStoreError) -> Int

    /// Takes over one open call that no living node has on the line: an orphan, or one that another node has claimed and
    /// whose caller has not come back. False when there is no such call, or its node lives.
    func take(_ call: CallID, for epoch: NodeEpoch) async throws(CallStoreError) -> Bool

    /// The open records as this epoch sees them: the oldest first, those after `last`, at most `limit`.
    func openCalls(
        seenBy epoch: NodeEpoch, after last: CallID?, limit: Int
    ) async throws(CallStoreError) -> [OpenCall]
}

/// Closes the records of calls that are over and were left open.
public protocol CallSweeping: Sendable {
    /// Now, and tells what was found.
    func sweepNow() async throws(CallStoreError) -> SweepReport
}
