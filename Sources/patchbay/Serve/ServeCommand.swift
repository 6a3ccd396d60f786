internal import CallCore
internal import Commands
internal import Configuration
internal import Glibc
internal import SocketLoop
internal import Telemetry
internal import Timeline
internal import Wording

/// `patchbay serve`: the bridge, until a signal ends it.
enum ServeCommand {
    /// For the last lines of the log, when nobody may be reading them.
    private static let flushLimit = Duration.seconds(1)

    static let command = Command(
        name: "serve",
        summary: "run the bridge until SIGTERM (drains) or SIGINT (ends at once)",
        options: SettingFlags.all,
        examples: [
            Command.Example("patchbay serve --config patchbay.json5", "runs with these settings"),
            Command.Example("patchbay serve --listen 127.0.0.1:0", "picks a free port and prints it"),
        ]
    ) { call in
        let effective = try SettingFlags.load(call)
        let settings = effective.settings
        let registry = MetricsRegistry()
        guard let log = logOutput(settings.log, registry) else {
            call.console.printError("patchbay serve: the system has no thread or descriptor left for the log")
            return .temporary
        }
        let logger = Logger(component: "node", threshold: settings.log.level, destination: log)
        defer { log.stop(by: Deadline(limit: flushLimit, from: SystemClock.now())) }
        // Before anything else may take its time: who asks it to end is heard.
        let requests = try Signals.requests()
        for warning in effective.warnings { logger.warning("configuration.warning", warning) }
        let errors = ErrorSink(logger: logger, registry: registry)
        let storage = try await Storage(
            settings, planting: try Roster.Seeds(settings), logger: logger, errors: errors, registry: registry)
        let node = try Node(settings, logger: logger, errors: errors, registry: registry, storage: storage)
        do throws(CallStoreError) {
            try await node.beReady()
        } catch {
            throw StorageFailure(database: settings.database, error: error)
        }
        call.console.print("patchbay ready \(node.url)")
        await live(node, requests)
        return .done
    }

    private static func logOutput(_ log: Settings.Log, _ registry: MetricsRegistry) -> LogOutput? {
        let isTerminal = isatty(STDERR_FILENO) == 1
        let style = TerminalStyle(isTerminal: isTerminal) { name in
            // SAFETY: a C string that lives as long as the environment, which nobody changes.
            unsafe getenv(name).map { unsafe String(cString: $0) }
        }
        return LogOutput(
            descriptor: STDERR_FILENO, format: log.format ?? (isTerminal ? .text : .json), style: style,
            dropped: registry.counter(.logDropped))
    }

    private enum Event: Sendable {
        case asked(Signals.Request)
        case drained
    }

    /// Serves until it is over, and ends the node.
    private static func live(_ node: Node, _ requests: AsyncStream<Signals.Request>) async {
        let (events, feed) = AsyncStream.makeStream(of: Event.self)
        let listening = Task { for await request in requests { feed.yield(.asked(request)) } }
        var draining: Task<Void, Never>?
        loop: for await event in events {
            switch event {
            case .asked(.reload): node.reload()
            case .asked(.terminate) where draining == nil:
                draining = Task {
                    await node.drain()
                    feed.yield(.drained)
                }
            case .asked(.terminate):
                await end(node, draining, politely: false)
                break loop
            case .asked(.interrupt), .drained:
                await end(node, draining, politely: true)
                break loop
            }
        }
        listening.cancel()
        await listening.value
    }

    private static func end(_ node: Node, _ draining: Task<Void, Never>?, politely: Bool) async {
        draining?.cancel()
        await draining?.value
        await node.stop(politely: politely)
    }
}
