internal import Glibc
internal import Synchronization

/// Takes connections at one address and places each on the least loaded loop. Lives until `close`.
public final class Acceptor: Sendable {
    /// What becomes of a connection before any byte of it is read.
    public struct Policy: Sendable {
        /// Connections open at once over all loops; more are closed at once, unread. 0 is no limit.
        public var maximumConnections: Int
        /// Connections open at once from one address; more are closed at once, unread. A connection that its owner knows
        /// better need not count any more: see `ByteStream.place`.
        public var perAddress: AddressLimit?
        /// A peer that has not finished the TLS handshake by then is cut off.
        public var handshakeLimit: Duration
        /// The loop that accepts; nil is the group's first.
        public var home: SocketLoop?
        /// Which loop takes a connection; nil is the least loaded of the group.
        public var placement: (@Sendable () -> SocketLoop)?
        /// Hears of what nobody else is told. Called on a loop.
        public var trouble: (@Sendable (Trouble) -> Void)?

        public init(
            maximumConnections: Int = 0, perAddress: AddressLimit? = nil, handshakeLimit: Duration = .seconds(10),
            home: SocketLoop? = nil, placement: (@Sendable () -> SocketLoop)? = nil,
            trouble: (@Sendable (Trouble) -> Void)? = nil
        ) {
            self.maximumConnections = maximumConnections
            self.perAddress = perAddress
            self.handshakeLimit = handshakeLimit
            self.home = home
            self.placement = placement
            self.trouble = trouble
        }
    }

    /// A connection that did not come about.
    public enum Trouble: Hashable, Sendable {
        /// The system has no descriptor or memory left, in its words; accepting rests for a moment.
        case paused(String)
        /// Over the limit, or no room on the loop.
        case refused(SocketAddress)
        /// Its address has as many as it may.
        case crowded(SocketAddress)
        /// TLS did not come up.
        case failedHandshake(SocketAddress, CloseReason)
    }

    /// What an acceptor has seen since it began.
    public struct Counts: Hashable, Sendable {
        public var accepted = 0
        public var open = 0
        /// Closed at once: over a limit, or no room on the loop.
        public var refused = 0
        /// Times that descriptors or memory ran out and accepting rested.
        public var pauses = 0
        /// TLS handshakes that failed or took too long.
        public var failedHandshakes = 0
    }

    /// Makes the owner of a connection that is up, on the connection's loop.
    public typealias Opened = @Sendable (_ stream: ByteStream) -> any ByteStreamHandler

    public let address: SocketAddress
    private let home: SocketLoop
    private let shared: Shared
    // SAFETY: used on the home loop's thread alone.
    private nonisolated(unsafe) let listener: Listener

    /// Begins to listen. Not to be called from a loop, since it waits for one.
    public init(
        at wanted: SocketAddress, group: LoopGroup, certificate: CurrentCertificate? = nil, policy: Policy = Policy(),
        opened: @escaping Opened
    ) throws(SocketError) {
        let shared = Shared(group: group, certificate: certificate, policy: policy, opened: opened)
        let home = policy.home ?? group.loops[0]
        unsafe (listener, address) = try home.wait { core throws(SocketError) in
            try Listener.open(on: core, at: wanted) { descriptor, peer in
                shared.place(descriptor, from: peer)
            } onPause: { errno in
                shared.rest(errno)
            }
        }
        self.shared = shared
        self.home = home
    }

    public var counts: Counts { shared.counts.withLock { $0 } }

    /// Takes no more connections; those that are open stay.
    public func close() {
        home.execute { [self] _ in unsafe listener.close() }
    }
}

extension Acceptor {
    /// What the accepting loop and the loops of the connections both need.
    fileprivate final class Shared: Sendable {
        let counts = Mutex(Counts())
        private let group: LoopGroup
        private let certificate: CurrentCertificate?
        private let policy: Policy
        private let opened: Opened

        init(group: LoopGroup, certificate: CurrentCertificate?, policy: Policy, opened: @escaping Opened) {
            self.group = group
            self.certificate = certificate
            self.policy = policy
            self.opened = opened
        }

        func place(_ descriptor: Int32, from peer: SocketAddress) {
            let entry = policy.perAddress?.enter(peer.ip) ?? .uncounted
            var place: AddressLimit.Place?
            switch entry {
            case .uncounted: break
            case .counted(let counted): place = counted
            case .full:
                counts.withLock { counts in
                    counts.accepted += 1
                    counts.refused += 1
                }
                Glibc.close(descriptor)
                policy.trouble?(.crowded(peer))
                return
            }
            let isAdmitted = counts.withLock { counts in
                counts.accepted += 1
                guard policy.maximumConnections == 0 || counts.open < policy.maximumConnections else {
                    counts.refused += 1
                    return false
                }
                counts.open += 1
                return true
            }
            guard isAdmitted else {
                place?.leave()
                Glibc.close(descriptor)
                policy.trouble?(.refused(peer))
                return
            }
            let target = policy.placement?() ?? group.leastLoaded
            target.changeLoad(by: 1)
            target.execute { [self, place] core in serve(descriptor, from: peer, place, on: target, core) }
        }

        func rest(_ errno: Int32) {
            counts.withLock { $0.pauses += 1 }
            policy.trouble?(.paused(describe(errno: errno)))
        }

        private func serve(
            _ descriptor: Int32, from peer: SocketAddress, _ place: AddressLimit.Place?, on target: SocketLoop,
            _ core: LoopCore
        ) {
            let stream = ByteStream(loop: core, peer: peer)
            stream.place = place
            let certificate = certificate?.now
            // Until TLS is up nobody owns the stream but this timer.
            var patience: TimerID?
            if certificate != nil {
                patience = core.schedule(after: policy.handshakeLimit) { [weak stream] _ in
                    stream?.kill(reset: true)
                    return nil
                }
            }
            var isUp = false
            let isAdopted = stream.adopt(descriptor, tls: certificate) { [unowned stream] in
                isUp = true
                if let patience { core.cancel(patience) }
                stream.hand(to: self.opened(stream))
            } ended: { reason in
                if let patience { core.cancel(patience) }
                place?.leave()
                target.changeLoad(by: -1)
                self.counts.withLock { counts in
                    counts.open -= 1
                    if !isUp { counts.failedHandshakes += 1 }
                }
                if !isUp { self.policy.trouble?(.failedHandshake(peer, reason)) }
            }
            guard !isAdopted else { return }
            if let patience { core.cancel(patience) }
            place?.leave()
            target.changeLoad(by: -1)
            counts.withLock { counts in
                counts.open -= 1
                counts.refused += 1
            }
            policy.trouble?(.refused(peer))
        }
    }
}
