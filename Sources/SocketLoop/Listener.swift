internal import CTransport
internal import Glibc

/// A listening socket on one loop. Its connections may go to any loop.
@safe
final class Listener {
    typealias Accepted = (_ descriptor: Int32, _ peer: SocketAddress) -> Void
    typealias Paused = (_ errno: Int32) -> Void

    private static let backlog: Int32 = 4_096

    private var handle: OpaquePointer?
    private let loop: LoopCore
    private let onAccept: Accepted
    private let onPause: Paused

    private init(loop: LoopCore, onAccept: @escaping Accepted, onPause: @escaping Paused) {
        self.loop = loop
        self.onAccept = onAccept
        self.onPause = onPause
    }

    /// Listens at `wanted`; port 0 picks a free one, told in the address that comes back.
    static func open(
        on loop: LoopCore, at wanted: SocketAddress, onAccept: @escaping Accepted, onPause: @escaping Paused
    ) throws(SocketError) -> (listener: Listener, address: SocketAddress) {
        let listener = Listener(loop: loop, onAccept: onAccept, onPause: onPause)
        var bound = sockaddr_storage()
        var error: Int32 = 0
        // SAFETY: the shim keeps `user` until `close`, where the retain is given back.
        let user = unsafe Unmanaged.passRetained(listener).toOpaque()
        unsafe listener.handle = wanted.withSockaddr { address, length in
            unsafe pb_listen(loop.handle, address, length, backlog, user, &bound, &error)
        }
        guard unsafe listener.handle != nil, let address = SocketAddress(bound) else {
            unsafe Unmanaged<Listener>.fromOpaque(user).release()
            throw error == EADDRINUSE ? .addressTaken(wanted) : .addressRefused(wanted, errno: error)
        }
        loop.whenEnding(listener) { listener.close() }
        return (listener, address)
    }

    func close() {
        guard let handle = unsafe handle else { return }
        unsafe self.handle = nil
        loop.forgetEnding(self)
        unsafe pb_listener_close(handle)
        unsafe Unmanaged.passUnretained(self).release()
    }

    /// `peer` is nil for a family that we never listen on.
    func accepted(_ descriptor: Int32, from peer: SocketAddress?) {
        guard let peer else {
            Glibc.close(descriptor)
            return
        }
        onAccept(descriptor, peer)
    }

    func paused(_ errno: Int32) {
        onPause(errno)
    }
}
