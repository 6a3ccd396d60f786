public import CallCore

/// Agents and numbers in the database of the calls, for all nodes that share it.
public struct SQLiteRosterStore: RosterKeeping {
    private let store: SQLiteCallStore

    public init(in store: SQLiteCallStore) {
        self.store = store
    }

    public func roster() async throws(CallStoreError) -> Roster {
        try await store.read(.roster) { connection throws(CallStoreError) in
            try RosterTable(connection: connection).read()
        }
    }

    public func rosterRevision() async throws(CallStoreError) -> Int64 {
        try await store.read(.roster) { connection throws(CallStoreError) in
            try RosterTable(connection: connection).revision()
        }
    }

    public func edit(
        _ body: @escaping @Sendable (inout Roster) throws(RosterRefusal) -> Void
    ) async throws(CallStoreError) -> Result<Roster, RosterRefusal> {
        try await store.write(.roster) { connection throws(CallStoreError) in
            let table = RosterTable(connection: connection)
            let old = try table.read()
            let new: Roster
            do throws(RosterRefusal) {
                new = try old.edited(body)
            } catch {
                return .failure(error)
            }
            try table.write(new, over: old)
            return .success(new)
        }
    }
}
