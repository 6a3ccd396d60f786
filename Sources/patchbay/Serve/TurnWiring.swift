internal import Addresses
internal import Configuration
internal import FrontDoor
internal import SocketLoop
internal import Synchronization
internal import Telemetry
internal import Timeline
internal import TurnClient
internal import TurnWire

/// The TURN servers: how they are, and what clients are told of them.
struct TurnWiring {
    /// Shows in the servers' logs, and whose quota it is.
    private static let user = "probe"
    private static let probeLifetime = Duration.seconds(300)
    private static let lifetimes = Duration.seconds(300)...Duration.seconds(86_400)

    private let settings: Settings.Turn
    private let credentials: TurnCredentials?
    private let client: TurnClient
    private let logger: Logger

    /// Nil where none is configured.
    init?(_ settings: Settings.Turn, on loop: SocketLoop, tls: TLSClientContext, logger: Logger) {
        guard !settings.urls.isEmpty else { return nil }
        self.settings = settings
        self.logger = logger.component("turn")
        client = TurnClient(on: loop, tls: tls)
        if let secret = settings.secret {
            credentials = .timeLimited(secret: secret)
        } else if let username = settings.username, let credential = settings.credential {
            credentials = .fixed(username: username, password: credential)
        } else {
            credentials = nil
        }
    }

    func offer(for longestCall: Duration) -> IceServersRoute.Offer {
        let limits = Self.lifetimes
        let lifetime = longestCall == .zero ? limits.upperBound : longestCall
        return IceServersRoute.Offer(
            urls: settings.urls, credentials: credentials,
            lifetime: min(max(lifetime, limits.lowerBound), limits.upperBound))
    }

    /// Each server and each way to it by itself: they fail by themselves.
    func watch(with runner: ProbeRunner) {
        for url in settings.urls {
            let quirks = TurnQuirks(url, logger: logger)
            runner.add(url.description, isCritical: settings.isCritical) { () throws(ProbeFailure) in
                let reading = await check(url)
                if let failure = reading.failure { throw ProbeFailure(failure.message, code: failure.code) }
                quirks.seen(reading.warnings)
            }
        }
    }

    private func check(_ url: TurnURL) async -> TurnReading {
        let login = credentials?.login(for: Self.user, lifetime: Self.probeLifetime, at: SystemClock.utc())
        return await client.check(url, login: login)
    }
}

/// What is not as it should be with a server that works. Told when it begins, and not at every round.
private final class TurnQuirks: Sendable {
    private let url: TurnURL
    private let logger: Logger
    private let last = Mutex<Set<String>>([])

    init(_ url: TurnURL, logger: Logger) {
        self.url = url
        self.logger = logger
    }

    func seen(_ warnings: [TurnReading.Warning]) {
        let now = Set(warnings.map(\.code))
        let before = last.withLock { last in
            defer { last = now }
            return last
        }
        for warning in warnings where !before.contains(warning.code) {
            logger.warning(warning.code, warning.message, ["server": .string(url.description)])
        }
    }
}
