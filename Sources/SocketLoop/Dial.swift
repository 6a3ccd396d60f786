public import Addresses
internal import CTransport
public import Timeline

/// Why no connection came about.
public enum DialFailure: Error, Hashable, Sendable {
    case unresolved(host: String, String)
    case deadline(HostPort, phase: String)
    case refused(HostPort, String)
    case tls(HostPort, String)
    case cancelled

    public var code: String {
        switch self {
        case .unresolved: "dial.unresolved"
        case .deadline: "dial.deadline"
        case .refused: "dial.refused"
        case .tls: "dial.tls"
        case .cancelled: "dial.cancelled"
        }
    }

    public var message: String {
        switch self {
        case .unresolved(let host, let text): "The name \(host) has no address: \(text)."
        case .deadline(let endpoint, let phase):
            "\(endpoint) did not answer in time (\(phase))."
        case .refused(let endpoint, let text): "Cannot connect to \(endpoint): \(text)."
        case .tls(let endpoint, let text): "No safe connection to \(endpoint): \(text)."
        case .cancelled: "The connection was given up before it was made."
        }
    }
}

/// One attempt to reach an endpoint: name, TCP and TLS under one deadline. Addresses of both families are tried in turn,
/// each a little after the one before it, and the first that is up wins (RFC 8305).
public final class Dial {
    private static let stagger = Duration.milliseconds(250)
    private static let mostAddresses = 8

    private let loop: LoopCore
    private let endpoint: HostPort
    private let tls: TLSClientContext?
    private var done: ((Result<ByteStream, DialFailure>) -> Void)?
    private var candidates: [SocketAddress] = []
    private var attempts: [ByteStream] = []
    private var timeLimit: TimerID?
    private var nextTry: TimerID?
    private var phase = "resolving its name"
    private var lastFailure: DialFailure?

    init(
        loop: LoopCore, endpoint: HostPort, tls: TLSClientContext?,
        done: @escaping (Result<ByteStream, DialFailure>) -> Void
    ) {
        self.loop = loop
        self.endpoint = endpoint
        self.tls = tls
        self.done = done
    }

    func start(deadline: Instant) {
        guard !loop.isEnding else { return finish(.failure(.cancelled)) }
        // A name may be looked up for ever.
        loop.whenEnding(self) { self.cancel() }
        timeLimit = loop.schedule(at: deadline) { [unowned self] _ in
            timeLimit = nil
            finish(.failure(.deadline(endpoint, phase: phase)))
            return nil
        }
        if let address = SocketAddress(endpoint) {
            begin(with: [address])
            return
        }
        loop.resolve(endpoint.host) { [weak self] in self?.resolved($0) }
    }

    /// Gives up. `done` still comes, with `.cancelled`.
    public func cancel() {
        finish(.failure(.cancelled))
    }

    private func resolved(_ answer: Result<[SocketAddress], ResolveFailure>) {
        switch answer {
        case .success(let addresses):
            begin(with: interleaved(addresses))
        case .failure(let failure):
            finish(.failure(.unresolved(host: endpoint.host, failure.message)))
        }
    }

    /// The resolver's order within a family, the families in turn.
    private func interleaved(_ addresses: [SocketAddress]) -> [SocketAddress] {
        guard let first = addresses.first else { return [] }
        let preferred = addresses.filter { $0.ip.isV4 == first.ip.isV4 }
        let others = addresses.filter { $0.ip.isV4 != first.ip.isV4 }
        var mixed: [SocketAddress] = []
        for place in 0..<max(preferred.count, others.count) {
            if place < preferred.count { mixed.append(preferred[place]) }
            if place < others.count { mixed.append(others[place]) }
        }
        return mixed.prefix(Self.mostAddresses).map { SocketAddress($0.ip, port: endpoint.port, scope: $0.scope) }
    }

    private func begin(with addresses: [SocketAddress]) {
        guard done != nil else { return }
        phase = tls == nil ? "connecting" : "connecting and agreeing on TLS"
        candidates = addresses.reversed()
        tryNext()
    }

    private func tryNext() {
        if let nextTry { loop.cancel(nextTry) }
        nextTry = nil
        while done != nil, let address = candidates.popLast() {
            let stream = ByteStream(loop: loop, peer: address)
            stream.hand(to: self)
            let error = stream.connect(tls: tls, host: endpoint.host) { [weak self, unowned stream] in
                self?.won(stream)
            }
            if let error {
                stream.hand(to: nil)
                lastFailure = .refused(endpoint, describe(errno: error))
                continue
            }
            attempts.append(stream)
            if !candidates.isEmpty {
                nextTry = loop.schedule(after: Self.stagger) { [weak self] _ in
                    self?.nextTry = nil
                    self?.tryNext()
                    return nil
                }
            }
            return
        }
        if attempts.isEmpty {
            finish(.failure(lastFailure ?? .unresolved(host: endpoint.host, "the name has no address")))
        }
    }

    private func won(_ stream: ByteStream) {
        attempts.removeAll { $0 === stream }
        stream.hand(to: nil)
        finish(.success(stream))
    }

    private func finish(_ result: Result<ByteStream, DialFailure>) {
        guard let done else { return }
        self.done = nil
        loop.forgetEnding(self)
        if let timeLimit { loop.cancel(timeLimit) }
        if let nextTry { loop.cancel(nextTry) }
        for loser in attempts {
            loser.hand(to: nil)
            loser.kill()
        }
        attempts = []
        done(result)
    }
}

extension Dial: ByteStreamHandler {
    public func stream(_ stream: ByteStream, received bytes: inout MutableSpan<UInt8>) {}
    public func streamIsWritable(_ stream: ByteStream) {}

    public func streamClosed(_ stream: ByteStream, _ reason: CloseReason) {
        attempts.removeAll { $0 === stream }
        switch reason {
        case .tls(let text): lastFailure = .tls(endpoint, text)
        default: lastFailure = .refused(endpoint, reason.message)
        }
        tryNext()
    }
}

extension LoopCore {
    /// Connects; `done` comes exactly once, at the deadline at the latest, and owns the stream that it gets. Keep the
    /// returned value only to cancel.
    @discardableResult
    public func dial(
        _ endpoint: HostPort, tls: TLSClientContext? = nil, deadline: Instant,
        done: @escaping (Result<ByteStream, DialFailure>) -> Void
    ) -> Dial {
        let dial = Dial(loop: self, endpoint: endpoint, tls: tls, done: done)
        dial.start(deadline: deadline)
        return dial
    }
}
