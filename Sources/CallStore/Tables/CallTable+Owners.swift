internal import CallCore
internal import Timeline

// Who answers for a call, as facts of it come in.
extension CallTable {
    private var nodes: NodeTable { NodeTable(connection: connection) }

    /// Who answers for a call that these facts open; what a dead node told is for whoever claims it.
    func owner(opening facts: CallFacts, _ node: NodeEpoch?, isReplay: Bool) throws(CallStoreError) -> NodeEpoch? {
        guard isReplay, let owner = facts.owner else { return facts.owner ?? node }
        return try nodes.stands(owner) ? owner : nil
    }

    /// Nothing is kept that a node tells without answering for the call.
    func checkOwner(_ facts: CallFacts, _ row: inout Row) throws(CallStoreError) {
        guard let owner = facts.owner else { return }
        guard try nodes.stands(owner) else { throw .fenced }
        guard row.owner == nil || facts.bringsStream(to: row.record) else {
            guard row.owner == owner else { throw .fenced }
            return
        }
        try give(&row, to: owner)
    }

    /// What waited in a spool is kept in any case. Whoever told it answers for the call as if it had been kept at once: not
    /// when it is gone by now, or when another brought a stream since.
    func takeOver(_ facts: CallFacts, _ row: inout Row, told: UTCTime, _ moment: HostMoment?) throws(CallStoreError) {
        guard let owner = facts.owner, row.owner != owner, try nodes.stands(owner) else { return }
        if let known = row.owner, try nodes.stands(known) {
            guard facts.bringsStream(to: row.record), try !hasNewerStream(row, than: told, moment) else { return }
        }
        try give(&row, to: owner)
    }

    /// When the newest stream began; what waited for long may be of an older one.
    func streamBegan(_ row: Row, at moment: HostMoment) throws(CallStoreError) {
        try connection.run(
            """
            UPDATE calls SET stream_run = ?1, stream_at = ?2
            WHERE number = ?3 AND (stream_run IS NOT ?1 OR stream_at < ?2)
            """, .text(moment.run), .integer(moment.at.nanoseconds), .integer(row.number))
    }

    private func streamBegan(_ row: Row) throws(CallStoreError) -> HostMoment? {
        try connection.first(
            "SELECT stream_run, stream_at FROM calls WHERE number = ? AND stream_run IS NOT NULL",
            [.integer(row.number)]
        ) { HostMoment(run: $0.text(0), at: Instant(nanoseconds: $0.integer(1))) }
    }

    /// By the host's clock: wall clocks jump, and one that did must not take a live caller from his node.
    private func hasNewerStream(
        _ row: Row, than time: UTCTime, _ moment: HostMoment?
    ) throws(CallStoreError) -> Bool {
        if let moment, let isNewer = try streamBegan(row)?.isLater(than: moment) { return isNewer }
        return try connection.first(
            "SELECT 1 FROM call_events WHERE call = ? AND type = ? AND at > ?",
            [.integer(row.number), .text(CallEvent.Kind.streamStarted.rawValue), SQLiteValue(time)]
        ) { $0.bool(0) } ?? false
    }

    private func give(_ row: inout Row, to owner: NodeEpoch) throws(CallStoreError) {
        row.owner = owner
        try connection.run(
            "UPDATE calls SET owner = ?, was_claimed = 0 WHERE number = ?", .integer(owner.number),
            .integer(row.number))
    }
}
