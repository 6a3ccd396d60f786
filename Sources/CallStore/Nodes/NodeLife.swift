internal import CallCore
internal import Synchronization

/// The epoch under which this process uses the store, and the lock that says that it lives.
final class NodeLife: Sendable {
    private struct State {
        var epoch: NodeEpoch?
        var locks: [NodeEpoch: NodeLock] = [:]
    }

    /// What stands before an epoch in the name of its lock; nil for a store that no other process can open.
    private let prefix: String?
    private let state = Mutex(State())

    init(_ place: SQLiteCallStore.Place) {
        switch place {
        case .file(let path): prefix = "\(path).node-"
        case .memory: prefix = nil
        }
    }

    /// The latest that was entered and not left.
    var epoch: NodeEpoch? { state.withLock { $0.epoch } }

    /// Nobody must see the epoch before its lock is there, or they would take it for dead.
    func prepare(_ epoch: NodeEpoch) throws(CallStoreError) {
        guard let path = path(epoch) else { return }
        do throws(NodeLock.Problem) {
            try state.withLock { state throws(NodeLock.Problem) in
                guard state.locks[epoch] == nil else { return }
                state.locks[epoch] = try NodeLock(path)
            }
        } catch {
            throw .cannotOpen("its lock \(path): \(error.words)")
        }
    }

    /// The epoch is on the disk; what was before it is over.
    func begin(_ epoch: NodeEpoch) {
        state.withLock { state in
            state.epoch = epoch
            state.locks = state.locks.filter { $0.key == epoch }
        }
    }

    func end(_ epoch: NodeEpoch) {
        state.withLock { state in
            state.locks[epoch] = nil
            if state.epoch == epoch { state.epoch = nil }
        }
    }

    func look(at epoch: NodeEpoch) -> LeaseRules.Lock {
        path(epoch).map { NodeLock.look(at: $0) } ?? .missing
    }

    /// Of an epoch that is over.
    func removeLock(of epoch: NodeEpoch) {
        guard let path = path(epoch) else { return }
        NodeLock.remove(path)
    }

    private func path(_ epoch: NodeEpoch) -> String? { prefix.map { "\($0)\(epoch)" } }
}
