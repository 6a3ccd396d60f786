public import SocketLoop

/// A server for HTTP/1.1 and WebSockets at one address, over all loops of a group.
public final class HTTPServer: Sendable {
    private let acceptor: Acceptor

    /// Begins to listen. Not to be called from a loop.
    public init(
        at address: SocketAddress, group: LoopGroup, certificate: CurrentCertificate? = nil,
        policy: Acceptor.Policy = Acceptor.Policy(), limits: HTTPLimits = HTTPLimits(), service: any HTTPService
    ) throws(SocketError) {
        acceptor = try Acceptor(at: address, group: group, certificate: certificate, policy: policy) { stream in
            HTTPServerConnection(stream: stream, service: service, limits: limits)
        }
    }

    /// Where it listens, with the port that was picked.
    public var address: SocketAddress { acceptor.address }

    public var counts: Acceptor.Counts { acceptor.counts }

    /// Takes no more connections; those that are open go on.
    public func close() {
        acceptor.close()
    }
}
