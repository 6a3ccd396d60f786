internal import CTransport
internal import Timeline

/// What a byte stream tells its owner, always on the stream's loop.
public protocol ByteStreamHandler: AnyObject {
    /// Bytes came in. They may be changed in place, and are gone when this returns.
    func stream(_ stream: ByteStream, received bytes: inout MutableSpan<UInt8>)
    /// `askToWrite` is answered: the stream takes bytes again.
    func streamIsWritable(_ stream: ByteStream)
    /// The stream is over. Comes exactly once, last, and never from inside another call on the stream.
    func streamClosed(_ stream: ByteStream, _ reason: CloseReason)
}

/// One TCP connection, with or without TLS, on one loop. Not for other threads.
@safe
public final class ByteStream {
    /// A peer that neither reads our last bytes nor closes its side is cut off after this.
    public static let lingerLimit = Duration.seconds(2)

    // What every frame touches comes first, to share a cache line.
    public private(set) var handler: (any ByteStreamHandler)?
    private var handle: OpaquePointer?  // Nil once closed.
    public let loop: LoopCore
    private var isClosing = false
    public let peer: SocketAddress
    private var linger: TimerID?
    private var opened: (() -> Void)?
    private var ended: ((CloseReason) -> Void)?
    /// An accepted connection's place among those of its address, while it counts as one of them.
    public internal(set) var place: AddressLimit.Place?

    init(loop: LoopCore, peer: SocketAddress) {
        self.loop = loop
        self.peer = peer
    }

    /// Gives the stream an owner, or another one. Nil: nobody hears of it any more.
    public func hand(to owner: (any ByteStreamHandler)?) {
        handler = owner
    }

    // MARK: coming up

    /// Takes over an accepted descriptor. `opened` comes once TLS is up, without TLS at once; `ended` last of all. False:
    /// there was no room, the descriptor is closed, and neither comes.
    func adopt(
        _ descriptor: Int32, tls: TLSServerContext?, opened: @escaping () -> Void,
        ended: @escaping (CloseReason) -> Void
    ) -> Bool {
        self.opened = opened
        self.ended = ended
        // SAFETY: the shim keeps `user` until it calls `closed`, where the retain is given back.
        let user = unsafe Unmanaged.passRetained(self).toOpaque()
        unsafe handle = pb_stream_adopt(loop.handle, descriptor, tls?.handle, user)
        guard unsafe handle != nil else {
            unsafe Unmanaged<ByteStream>.fromOpaque(user).release()
            return false
        }
        if tls == nil { comeUp() }
        return true
    }

    /// Begins to connect. The error is an errno.
    func connect(tls: TLSClientContext?, host: String, opened: @escaping () -> Void) -> Int32? {
        self.opened = opened
        var error: Int32 = 0
        // SAFETY: as in `adopt`.
        let user = unsafe Unmanaged.passRetained(self).toOpaque()
        unsafe handle = peer.withSockaddr { address, length in
            unsafe pb_stream_connect(loop.handle, address, length, tls?.handle, host, user, &error)
        }
        guard unsafe handle == nil else { return nil }
        unsafe Unmanaged<ByteStream>.fromOpaque(user).release()
        return error
    }

    func comeUp() {
        let opened = self.opened
        self.opened = nil
        opened?()
    }

    func receive(_ bytes: inout MutableSpan<UInt8>) {
        handler?.stream(self, received: &bytes)
    }

    func becomeWritable() {
        handler?.streamIsWritable(self)
    }

    func end(_ reason: CloseReason) {
        unsafe handle = nil
        opened = nil
        if let linger { loop.cancel(linger) }
        let handler = self.handler
        self.handler = nil
        handler?.streamClosed(self, reason)
        ended?(reason)
        ended = nil
    }

    // MARK: the owner's side

    public var isOpen: Bool { unsafe handle != nil && !isClosing }

    /// Writes now and returns how many bytes were taken: all, fewer under pressure, 0 when congested, nil when it is over.
    public func write(_ bytes: Span<UInt8>) -> Int? {
        guard let handle = unsafe handle else { return nil }
        // SAFETY: the shim copies what the kernel does not take and keeps no pointer.
        let taken = unsafe bytes.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return 0 }
            return unsafe pb_stream_write(handle, start, buffer.count)
        }
        return taken < 0 ? nil : taken
    }

    /// Whether the last write was cut short and the kernel has not asked for more since.
    public var isCongested: Bool {
        guard let handle = unsafe handle else { return false }
        return unsafe pb_stream_congested(handle)
    }

    /// Asks for one `streamIsWritable`.
    public func askToWrite() {
        if let handle = unsafe handle { unsafe pb_stream_want_write(handle) }
    }

    /// Stops or resumes reading. At most what one read brought in still arrives after a stop.
    public func setReading(_ enabled: Bool) {
        if let handle = unsafe handle { unsafe pb_stream_read(handle, enabled) }
    }

    /// Sends what was written, then says goodbye (close_notify, FIN) and drops what still comes. Bounded by `limit`.
    public func close(within limit: Duration = ByteStream.lingerLimit) {
        guard let handle = unsafe handle, !isClosing else { return }
        isClosing = true
        unsafe pb_stream_close(handle)
        linger = loop.schedule(at: loop.now.advanced(by: limit)) { [unowned self] _ in
            self.linger = nil
            self.kill()
            return nil
        }
    }

    /// Ends it as soon as the loop turns. With `reset` the peer sees a reset instead of an orderly end.
    public func kill(reset: Bool = false) {
        guard let handle = unsafe handle else { return }
        isClosing = true
        unsafe pb_stream_kill(handle, reset)
    }

    /// Names what the handling of each read touches besides this stream, and the stream that is then written to. With a
    /// thousand sockets none of it is in the cache when bytes come in; fetched at once, it costs one wait instead of many.
    package func looksAhead(to places: [UnsafeRawPointer], writingTo target: ByteStream) {
        guard let handle = unsafe handle, let targetHandle = unsafe target.handle else { return }
        var all = unsafe [address]
        unsafe all += places
        unsafe all.append(target.address)
        // SAFETY: the shim copies the addresses. It only ever tells them to the cache, which does not mind dead ones.
        unsafe all.withUnsafeBufferPointer { places in
            guard let start = places.baseAddress else { return }
            unsafe pb_stream_look_ahead(handle, start, places.count, targetHandle)
        }
    }

    private var address: UnsafeRawPointer { unsafe UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque()) }

    /// Whether the connection is over for good, even while nothing is read. A peer that has only said its last word may
    /// still listen.
    public var isReset: Bool {
        guard let handle = unsafe handle else { return true }
        return unsafe pb_stream_reset(handle)
    }

    /// Bytes on their way that the peer has not acknowledged.
    public var unacknowledgedBytes: Int {
        guard let handle = unsafe handle else { return 0 }
        return unsafe pb_stream_unsent(handle)
    }

    /// "TLSv1.3 TLS_AES_256_GCM_SHA384, resumed"; nil on a plain stream.
    public var tlsSummary: String? {
        guard let handle = unsafe handle else { return nil }
        var text = [CChar](repeating: 0, count: 128)
        // SAFETY: the shim writes a terminated text within the buffer's size.
        guard unsafe pb_stream_tls_summary(handle, &text, text.count) != nil else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
