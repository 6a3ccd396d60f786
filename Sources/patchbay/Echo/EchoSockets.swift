internal import HTTPLoop
internal import HTTPWire
internal import SocketLoop
internal import Synchronization

/// The open WebSockets of the echo server, by loop, so that all can be told goodbye when it ends.
final class EchoSockets: Sendable {
    /// Those of one loop. Touched on that loop alone.
    private final class Local: @unchecked Sendable {
        // Why @unchecked: see above; only `execute` and the sockets themselves, which live there, get here.
        var open: [ObjectIdentifier: WebSocket] = [:]
    }

    private let group: LoopGroup
    private let locals: [ObjectIdentifier: Local]
    private let openCount = Atomic(0)
    private let isEnding = Atomic(false)

    init(_ group: LoopGroup) {
        self.group = group
        locals = Dictionary(group.loops.map { (ObjectIdentifier($0.executor), Local()) }) { first, _ in first }
    }

    var count: Int { openCount.load(ordering: .relaxed) }

    /// On the socket's loop.
    func opened(_ socket: WebSocket) {
        openCount.wrappingAdd(1, ordering: .relaxed)
        locals[ObjectIdentifier(socket.stream.loop.executor)]?.open[ObjectIdentifier(socket)] = socket
        if isEnding.load(ordering: .relaxed) { Self.sayGoodbye(to: socket) }
    }

    /// On the socket's loop.
    func closed(_ socket: WebSocket) {
        openCount.wrappingSubtract(1, ordering: .relaxed)
        locals[ObjectIdentifier(socket.stream.loop.executor)]?.open[ObjectIdentifier(socket)] = nil
    }

    /// Begins to close all of them, and any that still opens.
    func closeAll() {
        isEnding.store(true, ordering: .relaxed)
        for loop in group.loops {
            guard let local = locals[ObjectIdentifier(loop.executor)] else { continue }
            loop.execute { _ in
                for socket in local.open.values { Self.sayGoodbye(to: socket) }
            }
        }
    }

    private static func sayGoodbye(to socket: WebSocket) {
        socket.close(code: WebSocketCloseCode.goingAway, reason: "the server ends")
    }
}
