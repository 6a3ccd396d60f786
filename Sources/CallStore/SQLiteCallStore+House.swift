public import CallCore
internal import Timeline
public import Wording

extension SQLiteCallStore {
    /// The secret that all who use this database share.
    ///
    /// - Parameter fresh: Kept from now on if there is none.
    public func secret(orKeep fresh: Secret) async throws(CallStoreError) -> Secret {
        try await write(.secret) { connection throws(CallStoreError) in
            try connection.run("INSERT OR IGNORE INTO house VALUES ('secret', ?)", .text(fresh.revealed()))
            let kept = try connection.first("SELECT value FROM house WHERE name = 'secret'", []) { $0.text(0) }
            return kept.map { Secret($0) } ?? fresh
        }
    }
}
