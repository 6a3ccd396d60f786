public import CallCore
internal import Synchronization
internal import Timeline

/// Under which epoch this node answers for its calls, and until when that is certain without asking the store.
public final class NodeTenure: Sendable {
    private struct State {
        var epoch: NodeEpoch?
        var until = Instant.distantFuture
    }

    private let state = Mutex(State())

    public init() {}

    /// Nil until the node has entered.
    public var epoch: NodeEpoch? { state.withLock { $0.epoch } }

    func hold(_ epoch: NodeEpoch, until: Instant) {
        state.withLock { $0 = State(epoch: epoch, until: until) }
    }

    func isCertain(at now: Instant) -> Bool { state.withLock { now < $0.until } }
}
