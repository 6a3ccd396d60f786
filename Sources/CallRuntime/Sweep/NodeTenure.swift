public import CallCore
internal import Synchronization
internal import Timeline

/// Under which epoch this node answers for its calls, and until when that is certain without asking the store.
public final class NodeTenure: Sendable {
    private struct State {
        var epoch: NodeEpoch?
        var since = Instant.zero
        var until = Instant.distantFuture
    }

    private let state = Mutex(State())

    public init() {}

    /// Nil until the node has entered.
    public var epoch: NodeEpoch? { state.withLock { $0.epoch } }

    /// A lease was had at this moment, for so long.
    func hold(_ epoch: NodeEpoch, from asked: Instant, for length: Duration) {
        state.withLock { state in
            let goesOn = state.epoch == epoch && asked < state.until
            state = State(
                epoch: epoch, since: goesOn ? state.since : asked, until: asked.advanced(by: length))
        }
    }

    func isCertain(at now: Instant) -> Bool { state.withLock { now < $0.until } }

    /// Whether the lease was had without a gap for so long.
    func isSteady(for time: Duration, at now: Instant) -> Bool {
        state.withLock { now < $0.until && time <= $0.since.duration(to: now) }
    }
}
