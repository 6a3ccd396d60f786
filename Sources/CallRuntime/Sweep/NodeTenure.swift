public import CallCore
internal import Synchronization
internal import Timeline

/// Under which epoch this node answers for its calls, and until when that is certain without asking the store.
public final class NodeTenure: Sendable {
    private struct State {
        var epoch: NodeEpoch?
        /// The first of the renewals that came one after the other in time, and the last.
        var since = Instant.zero
        var granted = Instant.zero
        var until = Instant.distantFuture
    }

    private let state = Mutex(State())

    public init() {}

    /// Nil until the node has entered.
    public var epoch: NodeEpoch? { state.withLock { $0.epoch } }

    /// A lease was asked for and is granted now.
    func hold(_ epoch: NodeEpoch, from asked: Instant, under rules: LeaseRules, at now: Instant) {
        state.withLock { state in
            let goesOn =
                state.epoch == epoch && asked < state.until && state.granted.duration(to: now) <= rules.gap
            state = State(
                epoch: epoch, since: goesOn ? state.since : now, granted: now,
                until: asked.advanced(by: rules.length))
        }
    }

    func isCertain(at now: Instant) -> Bool { state.withLock { now < $0.until } }

    /// Whether the lease was renewed in time for long enough, so that others could have renewed theirs as well.
    func isSteady(under rules: LeaseRules, at now: Instant) -> Bool {
        state.withLock { state in
            now < state.until && state.granted.duration(to: now) <= rules.gap
                && rules.steadiness <= state.since.duration(to: now)
        }
    }
}
