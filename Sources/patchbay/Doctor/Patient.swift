internal import Configuration
internal import HTTPLoop
internal import SocketLoop
internal import Telemetry
internal import Timeline

/// What the doctor looks at, and the instruments: a loop with a client of its own. Nothing of it serves or listens.
struct Patient: Sendable {
    /// For one question to somebody else.
    static let patience = Duration.seconds(5)

    let settings: Settings
    let mayFix: Bool
    private let group: LoopGroup
    let tls: TLSClientContext
    let client: HTTPClient
    let errors: ErrorSink

    init(_ settings: Settings, mayFix: Bool) throws(SocketError) {
        self.settings = settings
        self.mayFix = mayFix
        tls = try TLSClientContext(authoritiesFile: settings.tls.ca)
        group = try LoopGroup(count: 1)
        client = HTTPClient(on: group.loops[0], tls: tls)
        errors = ErrorSink(logger: .off, registry: MetricsRegistry())
    }

    var loop: SocketLoop { group.loops[0] }

    func leave() { group.stop() }

    var deadline: Deadline { Deadline(limit: Self.patience, from: SystemClock.now()) }
}
