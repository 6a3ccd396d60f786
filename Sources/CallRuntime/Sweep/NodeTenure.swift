public import CallCore
internal import Synchronization

/// Under which epoch this node answers for its calls: read wherever something is written of them.
public final class NodeTenure: Sendable {
    private let current = Mutex<NodeEpoch?>(nil)

    public init() {}

    /// Nil until the node has entered.
    public var epoch: NodeEpoch? { current.withLock { $0 } }

    func begin(_ epoch: NodeEpoch) { current.withLock { $0 = epoch } }
}
