internal import Addresses
internal import Synchronization

/// Counts the media sockets of each address that have not proven yet that they carry a call.
final class UnstartedSockets: Sendable {
    private let limit: Int
    private let counts = Mutex<[IPAddress: Int]>([:])

    /// - Parameter limit: For one address; zero is no limit.
    init(limit: Int) {
        self.limit = limit
    }

    var total: Int { counts.withLock { $0.values.reduce(0, +) } }

    /// Nil when the address has too many.
    func enter(_ address: IPAddress) -> UnstartedSocket? {
        let isIn = counts.withLock { counts in
            let count = counts[address, default: 0]
            guard limit == 0 || count < limit else { return false }
            counts[address] = count + 1
            return true
        }
        return isIn ? UnstartedSocket { [self] in leave(address) } : nil
    }

    private func leave(_ address: IPAddress) {
        counts.withLock { counts in
            let count = counts[address, default: 0]
            counts[address] = count > 1 ? count - 1 : nil
        }
    }
}

/// One socket that is counted, until it started, ended, or is forgotten.
public final class UnstartedSocket: Sendable {
    private let leave: Mutex<(@Sendable () -> Void)?>

    init(leave: (@Sendable () -> Void)?) {
        self.leave = Mutex(leave)
    }

    deinit { resolved() }

    /// The stream started, or the socket ended: it counts no more. Only the first time matters.
    public func resolved() {
        let leave = leave.withLock { leave in
            defer { leave = nil }
            return leave
        }
        leave?()
    }
}
