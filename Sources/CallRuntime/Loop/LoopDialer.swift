internal import CallCore
internal import HTTPLoop
internal import HTTPWire
internal import SocketLoop
internal import Timeline
internal import UpstreamWire
internal import Wording

/// Dials upstreams from one loop.
final class LoopDialer: UpstreamDialing {
    /// For a connection that nothing else limits.
    private static let longest = Duration.seconds(60)

    private let core: LoopCore
    private let limits: WebSocketLimits
    private let tls: TLSClientContext

    init(on core: LoopCore, limits: WebSocketLimits, tls: TLSClientContext) {
        self.core = core
        self.limits = limits
        self.tls = tls
    }

    func dial(
        _ request: UpstreamConnectRequest, deadline: Deadline, owner: any CallSocketOwner,
        failed: @escaping (UpstreamRefusal) -> Void
    ) -> any UpstreamDial {
        var headers: Headers = [:]
        for header in request.headers { headers.append(header.name, header.value.revealed()) }
        let dial = Dialing()
        dial.opening = core.openWebSocket(
            WebSocketRequest(request.url, headers: headers, limits: limits, tls: tls),
            deadline: deadline.instant ?? core.now.advanced(by: Self.longest), handler: SocketLeg(owner: owner)
        ) { failure in
            guard !dial.isCancelled else { return }
            failed(UpstreamRefusal(failure))
        }
        return dial
    }

    private final class Dialing: UpstreamDial {
        var opening: WebSocketOpening?
        var isCancelled = false

        func cancel() {
            isCancelled = true
            opening?.cancel()
            opening = nil
        }
    }
}

extension UpstreamRefusal {
    fileprivate init(_ failure: WebSocketOpeningFailure) {
        switch failure {
        case .handshake(.refused(let answer), let body):
            var headers: [String: String] = [:]
            for field in answer.headers.fields { headers[field.name.lowercased()] = field.value }
            self = .answer(status: answer.status, headers: headers, body: body)
        case .handshake, .dial, .deadline, .malformedAnswer, .connection, .cancelled:
            self = .unreachable(failure.message)
        }
    }
}
