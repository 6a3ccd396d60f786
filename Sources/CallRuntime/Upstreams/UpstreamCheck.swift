internal import CallCore
public import HTTPLoop
public import SocketLoop
public import Timeline
public import UpstreamWire
internal import Wording

/// Finds out whether an upstream takes us in: opens a session and closes it as soon as the vendor has said hello. Nothing
/// is set up and nobody speaks, so nothing is billed, where a vendor bills what is said.
public struct UpstreamCheck: Sendable {
    private let provider: any UpstreamProvider
    private let loop: SocketLoop
    private let limits: WebSocketLimits
    private let tls: TLSClientContext

    /// - Parameter loop: Where the socket lives; one without calls.
    public init(
        _ provider: any UpstreamProvider, on loop: SocketLoop, limits: WebSocketLimits, tls: TLSClientContext
    ) {
        self.provider = provider
        self.loop = loop
        self.limits = limits
        self.tls = tls
    }

    /// Over by the deadline.
    public func check(by deadline: Deadline) async throws(UpstreamFailure) {
        guard case .open(let request) = try provider.opening(for: UpstreamAgent()) else { return }
        let result: Result<Void, UpstreamFailure> = await withCheckedContinuation { continuation in
            loop.execute { core in
                let visit = UpstreamVisit(provider, on: core) { continuation.resume(returning: $0) }
                visit.begin(request, LoopDialer(on: core, limits: limits, tls: tls), by: deadline)
            }
        }
        try result.get()
    }
}

/// One such session. On its loop alone.
private final class UpstreamVisit: CallSocketOwner {
    private static let longest = Duration.seconds(60)

    private let provider: any UpstreamProvider
    private let core: LoopCore
    private var session: any UpstreamSession
    private var socket: (any CallSocket)?
    private var dial: (any UpstreamDial)?
    private var timer: TimerID?
    /// Told once.
    private var told: ((Result<Void, UpstreamFailure>) -> Void)?

    init(
        _ provider: any UpstreamProvider, on core: LoopCore, told: @escaping (Result<Void, UpstreamFailure>) -> Void
    ) {
        self.provider = provider
        self.core = core
        self.told = told
        let agent = UpstreamAgent()
        session = provider.session(UpstreamSetup(agent: agent, formats: provider.formats(for: agent)))
    }

    func begin(_ request: UpstreamConnectRequest, _ dialer: LoopDialer, by deadline: Deadline) {
        let limit = deadline.instant ?? core.now.advanced(by: Self.longest)
        // Holds the visit until it is over.
        timer = core.schedule(at: limit) { [self] _ in
            timer = nil
            end(.failure(.connectionLost(detail: PeerText("it did not say hello in time"))))
            return nil
        }
        dial = dialer.dial(request, deadline: .at(limit), owner: self) { [self] refusal in
            dial = nil
            end(.failure(provider.failure(of: refusal)))
        }
    }

    func socketOpened(_ socket: any CallSocket) {
        dial = nil
        guard told != nil else { return socket.kill() }
        self.socket = socket
        judge(session.opened(at: core.now).events)
    }

    func socket(_ socket: any CallSocket, received text: Span<UInt8>) {
        guard told != nil, case .other(let output) = session.receive(text, at: core.now) else { return }
        judge(output.events)
    }

    func socketReceivedBinary(_ socket: any CallSocket) {}
    func socketDrained(_ socket: any CallSocket) {}

    func socketClosed(_ socket: any CallSocket, _ end: CallSocketEnd) {
        self.socket = nil
        guard told != nil else { return }
        judge(session.closed(code: end.code, reason: end.words, at: core.now).events)
        self.end(.failure(.connectionLost(detail: PeerText("it closed before it said hello: \(end.words)"))))
    }

    /// What would have to be said next is not: that is for calls.
    private func judge(_ events: [UpstreamEvent]) {
        for event in events {
            switch event {
            case .connected, .ready: end(.success(()))
            case .ended(let failure): end(.failure(failure))
            case .agentAudio, .agentAudioEnded, .callerSpeechStarted, .interrupted, .callerSpeechStopped, .callerIdle,
                .responseStarted, .responseEnded, .transcript, .toolCall, .usage, .rateLimits, .warning:
                break
            }
        }
    }

    private func end(_ result: Result<Void, UpstreamFailure>) {
        guard let told else { return }
        self.told = nil
        if let timer { core.cancel(timer) }
        timer = nil
        dial?.cancel()
        dial = nil
        socket?.close(code: 1000, reason: "")
        told(result)
    }
}
