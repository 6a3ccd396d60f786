import Addresses
import HTTPLoop
import HTTPWire
import SocketLoop
import Synchronization
import TestSupport
import Testing

/// Answers by a closure, and writes down what the connection refused by itself.
struct TestService: HTTPService {
    let respond: @Sendable (RequestHead) -> HTTPAnswer

    func answer(_ request: RequestHead, upgrade: WebSocketUpgrade.Acceptance?, on stream: ByteStream) -> HTTPAnswer {
        respond(request)
    }

    func answer(refusing request: RequestHead?, _ refusal: HTTPRefusal, on stream: ByteStream) -> HTTPResponse {
        .text(refusal.status, refusal.code, headers: refusal.headers)
    }
}

let loopback = SocketAddress(HostPort("127.0.0.1:0")!)!

/// A server on loopback, and loops for its clients.
struct ServerFixture {
    let group: LoopGroup
    let server: HTTPServer
    let isSecure: Bool

    func client(saying greeting: String = "") async throws -> RawClient {
        try await RawClient(
            group.loops[0], to: server.address, tls: isSecure ? try Self.trust() : nil, saying: greeting)
    }

    static func trust() throws -> TLSClientContext {
        try TLSClientContext(authoritiesFile: Certificates.shared.authority)
    }

    static func certificate() throws -> CurrentCertificate {
        let files = Certificates.shared.localhost
        return try CurrentCertificate(certificateFile: files.certificate, keyFile: files.key)
    }
}

extension HTTPLimits {
    /// For tests of anything else: a busy machine may keep a test's own threads waiting for long.
    static let patient = HTTPLimits(
        request: .seconds(50), body: .seconds(50), idle: .seconds(50), stall: .seconds(50))
}

/// Runs a server for the time of a test.
func withServer(
    isSecure: Bool = false, limits: HTTPLimits = .patient,
    _ respond: @escaping @Sendable (RequestHead) -> HTTPAnswer,
    _ body: (ServerFixture) async throws -> Void
) async throws {
    try await withLoops(2) { group in
        let server = try HTTPServer(
            at: loopback, group: group, certificate: isSecure ? ServerFixture.certificate() : nil, limits: limits,
            service: TestService(respond: respond))
        defer { server.close() }
        try await body(ServerFixture(group: group, server: server, isSecure: isSecure))
    }
}

/// The same, with every request handled away from the loop.
func withHandler(
    isSecure: Bool = false, limits: HTTPLimits = .patient, bodyLimit: Int = HTTPHandling.usualBodyLimit,
    limit: Duration = HTTPHandling.usualLimit, _ handler: @escaping HTTPHandling.Handler,
    _ body: (ServerFixture) async throws -> Void
) async throws {
    try await withServer(isSecure: isSecure, limits: limits) { _ in
        .handle(HTTPHandling(bodyLimit: bodyLimit, limit: limit, handler: handler))
    } _: {
        try await body($0)
    }
}

/// A gate that a handler waits at until the test opens it, or its task is cancelled.
final class Gate: Sendable {
    private let (stream, continuation) = AsyncStream<Void>.makeStream()

    func open() { continuation.finish() }

    /// Returns whether it was opened, not cancelled.
    func pass() async -> Bool {
        for await _ in stream {}
        return !Task.isCancelled
    }
}
