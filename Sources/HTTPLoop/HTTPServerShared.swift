internal import SocketLoop
internal import Synchronization

/// What all connections of a server have in common.
final class HTTPServerShared: Sendable {
    let connections: HTTPConnections
    let tasks = HTTPTasks()
    private let draining = Atomic(false)

    init(loops: [SocketLoop]) {
        connections = HTTPConnections(loops: loops)
    }

    var isDraining: Bool { draining.load(ordering: .relaxed) }

    func drain() {
        draining.store(true, ordering: .relaxed)
        connections.drain()
    }
}

/// Counts the handlers that run.
final class HTTPTasks: Sendable {
    private let running = Atomic(0)

    var count: Int { running.load(ordering: .relaxed) }

    func began() { running.wrappingAdd(1, ordering: .relaxed) }
    func ended() { running.wrappingSubtract(1, ordering: .relaxed) }
}

/// The connections of a server that speak HTTP, by loop.
final class HTTPConnections: Sendable {
    /// Those of one loop. Touched on that loop alone.
    private final class Local: @unchecked Sendable {
        // Why @unchecked: see above; only `execute` and the connections themselves, which live there, get here.
        var all: [ObjectIdentifier: HTTPServerConnection] = [:]
    }

    private let loops: [SocketLoop]
    private let locals: [ObjectIdentifier: Local]

    init(loops: [SocketLoop]) {
        self.loops = loops
        locals = Dictionary(loops.map { (ObjectIdentifier($0.executor), Local()) }) { first, _ in first }
    }

    /// On the connection's loop.
    func insert(_ connection: HTTPServerConnection) {
        locals[ObjectIdentifier(connection.stream.loop.executor)]?.all[ObjectIdentifier(connection)] = connection
    }

    /// On the connection's loop.
    func remove(_ connection: HTTPServerConnection) {
        locals[ObjectIdentifier(connection.stream.loop.executor)]?.all[ObjectIdentifier(connection)] = nil
    }

    func drain() {
        for loop in loops {
            guard let local = locals[ObjectIdentifier(loop.executor)] else { continue }
            loop.execute { _ in
                for connection in local.all.values { connection.drain() }
            }
        }
    }
}
