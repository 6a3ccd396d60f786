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
    final class Local: @unchecked Sendable {
        // Why @unchecked: see above; only `execute` and the connections themselves, which live there, get here.
        fileprivate var all: [ObjectIdentifier: HTTPServerConnection] = [:]
        var date = HTTPDate()

        func insert(_ connection: HTTPServerConnection) {
            all[ObjectIdentifier(connection)] = connection
        }

        func remove(_ connection: HTTPServerConnection) {
            all[ObjectIdentifier(connection)] = nil
        }
    }

    private let loops: [SocketLoop]
    private let locals: [ObjectIdentifier: Local]

    init(loops: [SocketLoop]) {
        self.loops = loops
        locals = Dictionary(loops.map { (ObjectIdentifier($0.executor), Local()) }) { first, _ in first }
    }

    /// For the stream's own loop.
    func home(of stream: ByteStream) -> Local {
        guard let local = locals[ObjectIdentifier(stream.loop.executor)] else {
            assertionFailure("a connection was placed on a loop that its server does not know")
            return Local()
        }
        return local
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
