internal import CallCore
internal import SocketLoop
internal import Synchronization
internal import Telemetry
internal import Timeline
internal import Wording

/// Counts and logs what sockets meet before they belong to anybody. Strangers can cause any amount of it, so only a few
/// lines a second are written; the next one that is tells how many were left out.
final class SocketTrouble: Sendable {
    private struct Throttle {
        var bucket = TokenBucket(rate: 1, burst: 10)
        var omitted = 0
    }

    private let logger: Logger
    private let pauses: Counter
    private let refusals: Counter
    private let crowded: Counter
    private let handshakes: Counter
    private let throttle = Mutex(Throttle())

    init(logger: Logger, registry: MetricsRegistry) {
        self.logger = logger.component("socket")
        pauses = registry.counter(.acceptPauses)
        refusals = registry.counter(.rejected, "connections")
        crowded = registry.counter(.rejected, "address")
        handshakes = registry.counter(.failedHandshakes)
    }

    func met(_ trouble: Acceptor.Trouble) {
        switch trouble {
        case .paused(let words):
            pauses.increment()
            say(
                .warning, "socket.accept_paused", "No room for new connections; accepting rests.",
                ["reason": .string(words)])
        case .refused(let peer):
            refusals.increment()
            say(
                .warning, "socket.refused", "A connection was closed at once: too many are open.",
                ["peer": .string("\(peer)")])
        case .crowded(let peer):
            crowded.increment()
            say(
                .warning, "socket.crowded", "A connection was closed at once: its address has as many as it may.",
                ["peer": .string("\(peer)")])
        case .failedHandshake(let peer, let reason):
            handshakes.increment()
            say(
                .info, "socket.tls_failed", "An incoming connection's TLS did not come up.",
                ["peer": .string("\(peer)"), "reason": .peer(PeerText(reason.message))])
        }
    }

    func libraryLine(isError: Bool, _ line: String) {
        say(
            isError ? .error : .warning, "socket.library", "libwebsockets had something to say.",
            ["line": .peer(PeerText(line))])
    }

    private func say(_ level: LogLevel, _ event: String, _ message: String, _ fields: LogFields) {
        let omitted: Int? = throttle.withLock { throttle in
            guard case .admitted = throttle.bucket.take(at: SystemClock.now()) else {
                throttle.omitted += 1
                return nil
            }
            defer { throttle.omitted = 0 }
            return throttle.omitted
        }
        guard let omitted else { return }
        var fields = fields
        if omitted > 0 { fields["omitted"] = .integer(omitted) }
        logger.log(level, event, message, fields)
    }
}
