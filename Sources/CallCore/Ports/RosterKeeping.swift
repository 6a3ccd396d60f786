/// Where agents and numbers are kept.
public protocol RosterKeeping: Sendable {
    func roster() async throws(CallStoreError) -> Roster

    /// Of the roster as it is now: tells at little cost whether it has to be read again.
    func rosterRevision() async throws(CallStoreError) -> Int64

    /// Changes it, all or nothing, and returns it as it is then. Of two changes at once one comes first.
    ///
    /// - Parameter body: May run more than once.
    func edit(
        _ body: @escaping @Sendable (inout Roster) throws(RosterRefusal) -> Void
    ) async throws(CallStoreError) -> Result<Roster, RosterRefusal>
}

extension RosterKeeping {
    public func change(_ change: RosterChange) async throws(CallStoreError) -> Result<Roster, RosterRefusal> {
        try await edit { roster throws(RosterRefusal) in try roster.apply(change) }
    }

    /// What the settings name, at a start.
    public func plant(_ seeds: Roster.Seeds) async throws(CallStoreError) {
        _ = try await edit { $0.plant(seeds) }
    }
}
