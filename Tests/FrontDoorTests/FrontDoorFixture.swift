import Addresses
import FrontDoor
import HTTPLoop
import HTTPWire
import SocketLoop
import Synchronization
import Telemetry
import TestSupport

/// Keeps what was logged, rendered as a test can look for it.
final class LogKeeper: LogDestination {
    private let kept = Mutex<[LogRecord]>([])

    func accept(_ record: LogRecord) { kept.withLock { $0.append(record) } }

    var records: [LogRecord] { kept.withLock { $0 } }
}

/// A front door on loopback with a client for it.
struct FrontDoorFixture {
    let group: LoopGroup
    let server: HTTPServer
    let client: HTTPClient
    let log = LogKeeper()
    let registry: MetricsRegistry
    let errors: ErrorSink

    init(
        _ group: LoopGroup, _ router: Router, registry: MetricsRegistry = MetricsRegistry(), errors: ErrorSink? = nil
    ) throws {
        self.group = group
        self.registry = registry
        let logger = Logger(component: "test", threshold: .debug, destination: log)
        self.errors = errors ?? ErrorSink(logger: logger, registry: registry)
        server = try HTTPServer(
            at: SocketAddress(HostPort("127.0.0.1:0")!)!, group: group,
            service: FrontDoor(router, logger: logger, errors: self.errors, registry: registry))
        client = HTTPClient(on: group.loops[0])
    }

    func ask(
        _ method: String = "GET", _ target: String, headers: Headers = [:], body: String = ""
    ) async throws -> HTTPClientResponse {
        try await client.send(
            HTTPClientRequest(
                try WebURL("http://\(server.address)\(target)"), method: method, headers: headers,
                body: Array(body.utf8)))
    }
}

func withFrontDoor(
    _ routes: (inout Router) -> Void, _ body: (FrontDoorFixture) async throws -> Void
) async throws {
    var router = Router()
    routes(&router)
    try await withLoops(1) { group in
        let fixture = try FrontDoorFixture(group, router)
        defer { fixture.server.close() }
        try await body(fixture)
        fixture.client.close()
    }
}

extension HTTPClientResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}
