public import CallCore
internal import Synchronization

/// Agents and numbers for as long as the process lives.
public final class MemoryRosterStore: RosterKeeping {
    private let kept: Mutex<Roster>

    public init(_ roster: Roster = Roster()) {
        kept = Mutex(roster)
    }

    public func roster() async throws(CallStoreError) -> Roster { kept.withLock { $0 } }

    public func rosterRevision() async throws(CallStoreError) -> Int64 { kept.withLock { $0.revision } }

    public func edit(
        _ body: @escaping @Sendable (inout Roster) throws(RosterRefusal) -> Void
    ) async throws(CallStoreError) -> Result<Roster, RosterRefusal> {
        kept.withLock { kept in
            do throws(RosterRefusal) {
                kept = try kept.edited(body)
                return .success(kept)
            } catch {
                return .failure(error)
            }
        }
    }
}
