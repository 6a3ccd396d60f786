public import SocketLoop

/// A server for HTTP/1.1 and WebSockets at one address, over all loops of a group.
public final class HTTPServer: Sendable {
    private let acceptor: Acceptor
    private let shared: HTTPServerShared

    /// Begins to listen. Not to be called from a loop.
    public init(
        at address: SocketAddress, group: LoopGroup, certificate: CurrentCertificate? = nil,
        policy: Acceptor.Policy = Acceptor.Policy(), limits: HTTPLimits = HTTPLimits(), service: any HTTPService
    ) throws(SocketError) {
        let home = policy.home.map { [$0] } ?? []
        let shared = HTTPServerShared(
            loops: group.loops + home.filter { home in !group.loops.contains { $0 === home } })
        self.shared = shared
        acceptor = try Acceptor(at: address, group: group, certificate: certificate, policy: policy) { stream in
            HTTPServerConnection(stream: stream, service: service, limits: limits, shared: shared)
        }
    }

    /// Where it listens, with the port that was picked.
    public var address: SocketAddress { acceptor.address }

    public var counts: Acceptor.Counts { acceptor.counts }

    /// Requests whose handlers run, streamed answers included.
    public var requestsInFlight: Int { shared.tasks.count }

    /// From now on each connection ends after the answer that it is busy with, idle ones at once. Endless answers are
    /// ended. New connections are still taken, for one request each.
    public func drain() {
        shared.drain()
    }

    /// Takes no more connections; those that are open go on.
    public func close() {
        acceptor.close()
    }
}
