public import CallCore
internal import Synchronization
internal import Timeline

/// The agents and numbers as this node knows them: at hand for every call without waiting, and never older than what a
/// look at the store a moment ago said.
public final class AgentBook: RosterKeeping {
    /// Between two looks at what other nodes may have changed.
    private static let period = Duration.milliseconds(500)

    private struct State {
        var roster: Roster
        var directory: AgentDirectory
        var following: Task<Void, Never>?
    }

    private let store: any RosterKeeping
    private let upstreams: [UpstreamVendor]
    private let state: Mutex<State>

    /// - Parameters:
    ///   - roster: As the store has it.
    ///   - upstreams: Those that are configured, the first one first.
    public init(_ store: any RosterKeeping, holding roster: Roster, upstreams: [UpstreamVendor]) {
        self.store = store
        self.upstreams = upstreams
        state = Mutex(State(roster: roster, directory: AgentDirectory(roster, upstreams: upstreams)))
    }

    /// As it is now. A call that is up keeps what it began with.
    public var directory: AgentDirectory { state.withLock { $0.directory } }

    // MARK: following the store

    /// Looks at the store until it is stopped.
    public func start() {
        state.withLock { state in
            guard state.following == nil else { return }
            state.following = Task(name: "agents") { [self] in
                while (try? await Task.sleep(for: Self.period)) != nil {
                    // A store that is away says so itself; until it is back what is known holds.
                    _ = try? await roster()
                }
            }
        }
    }

    public func stop() {
        state.withLock { $0.following }?.cancel()
    }

    private func take(_ roster: Roster) -> Roster {
        state.withLock { state in
            guard state.roster.revision < roster.revision else { return state.roster }
            state.roster = roster
            state.directory = AgentDirectory(roster, upstreams: upstreams)
            return roster
        }
    }

    // MARK: the port

    public func roster() async throws(CallStoreError) -> Roster {
        let known = state.withLock { $0.roster }
        guard try await store.rosterRevision() != known.revision else { return known }
        return take(try await store.roster())
    }

    public func rosterRevision() async throws(CallStoreError) -> Int64 { try await store.rosterRevision() }

    public func edit(
        _ body: @escaping @Sendable (inout Roster) throws(RosterRefusal) -> Void
    ) async throws(CallStoreError) -> Result<Roster, RosterRefusal> {
        let result = try await store.edit(body)
        if case .success(let roster) = result { _ = take(roster) }
        return result
    }
}

extension AgentDirectory {
    init(_ roster: Roster, upstreams: [UpstreamVendor]) {
        self.init(agents: roster.agents, numbers: roster.numbers, upstreams: upstreams)
    }
}
