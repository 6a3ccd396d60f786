internal import CTransport
internal import Glibc

/// What a datagram socket tells its owner, on its loop.
public protocol DatagramHandler: AnyObject {
    func datagram(_ socket: DatagramSocket, received bytes: Span<UInt8>, from peer: SocketAddress?)
    /// The network's answer to something sent: refused, unreachable. The socket stays usable.
    func datagramFailed(_ socket: DatagramSocket, errno: Int32)
}

/// A UDP socket on one loop. Connected to a peer, it hears nobody else and learns when that one refuses.
@safe
public final class DatagramSocket {
    public weak var handler: (any DatagramHandler)?
    private var handle: OpaquePointer?
    private let loop: LoopCore

    /// Opens a socket bound to `local`, connected to `remote`, or both.
    public init(
        on loop: LoopCore, local: SocketAddress? = nil, remote: SocketAddress? = nil, handler: any DatagramHandler
    ) throws(SocketError) {
        self.handler = handler
        self.loop = loop
        var error: Int32 = 0
        // SAFETY: the shim calls back with `user` until the socket is closed, which `deinit` does at the latest.
        let user = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe handle = withOptionalSockaddr(local) { local in
            unsafe withOptionalSockaddr(remote) { remote in
                unsafe pb_datagram_open(loop.handle, local, remote, user, &error)
            }
        }
        guard unsafe handle != nil else { throw .datagramRefused(errno: error) }
        loop.whenEnding(self) { [weak self] in self?.close() }
    }

    deinit { close() }

    /// Sends now or not at all: a full socket buffer loses the datagram, as the network might. Returns an errno, or nil.
    public func send(_ bytes: Span<UInt8>, to peer: SocketAddress? = nil) -> Int32? {
        guard let handle = unsafe handle else { return EBADF }
        // SAFETY: the bytes are sent or dropped before the call returns.
        let status = unsafe bytes.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return -EINVAL }
            return unsafe withOptionalSockaddr(peer) { unsafe pb_datagram_send(handle, start, buffer.count, $0) }
        }
        return status < 0 ? -status : nil
    }

    public var localAddress: SocketAddress? {
        guard let handle = unsafe handle else { return nil }
        var storage = sockaddr_storage()
        guard unsafe pb_datagram_local_address(handle, &storage) == 0 else { return nil }
        return SocketAddress(storage)
    }

    public func close() {
        guard let handle = unsafe handle else { return }
        unsafe self.handle = nil
        loop.forgetEnding(self)
        unsafe pb_datagram_close(handle)
    }

    func receive(_ bytes: Span<UInt8>, from peer: SocketAddress?) {
        handler?.datagram(self, received: bytes, from: peer)
    }

    func fail(_ errno: Int32) {
        handler?.datagramFailed(self, errno: errno)
    }
}

private func withOptionalSockaddr<R>(_ address: SocketAddress?, _ body: (UnsafePointer<sockaddr>?) -> R) -> R {
    guard let address else { return body(nil) }
    return unsafe address.withSockaddr { pointer, _ in unsafe body(pointer) }
}
