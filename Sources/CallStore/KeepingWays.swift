package import CallCore

/// The two places that take facts, and the one rule of which takes what: the database, and the spool where that cannot in
/// time, or where something of the same call waits already.
package protocol KeepingWays: Sendable {
    /// Why nothing can be written into the database now; nil while it can.
    var outage: CallStoreError? { get }
    func spoolHolds(_ names: [CallReference]) -> Bool
    func write(_ entry: SpoolEntry) async throws(CallStoreError) -> CallKept
    /// Returns once the entry is safe.
    func put(_ entry: SpoolEntry) async throws(CallStoreError)
}

extension KeepingWays {
    package func keep(_ entry: SpoolEntry) async throws(CallStoreError) -> CallKept {
        if entry.facts.isForNow {
            guard !spoolHolds(entry.facts.names) else { throw .timedOut }
            return try await write(entry)
        }
        if let outage {
            do throws(CallStoreError) {
                return try await spool(entry, after: outage)
            } catch {
                // The database may be back by now: who finds out is whoever writes next.
                guard !spoolHolds(entry.facts.names), let kept = try? await write(entry) else { throw error }
                return kept
            }
        }
        if spoolHolds(entry.facts.names) { return try await spool(entry, after: .timedOut) }
        do throws(CallStoreError) {
            return try await write(entry)
        } catch {
            guard error.isOutage else { throw error }
            return try await spool(entry, after: error)
        }
    }

    private func spool(_ entry: SpoolEntry, after failure: CallStoreError) async throws(CallStoreError) -> CallKept {
        do throws(CallStoreError) {
            try await put(entry)
            return .later
        } catch {
            throw .unkept(store: failure.message, spool: error.message)
        }
    }
}
