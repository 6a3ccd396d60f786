internal import HTTPLoop
internal import HTTPWire
internal import SocketLoop

/// Opens every WebSocket it is asked for, on any path, and sends back what comes.
struct EchoService: HTTPService {
    let sockets: EchoSockets

    func answer(_ request: RequestHead, upgrade: WebSocketUpgrade.Acceptance?, on stream: ByteStream) -> HTTPAnswer {
        guard upgrade != nil else { return .respond(HTTPResponse(.upgradeRequired)) }
        return .upgrade(UpgradeAnswer(limits: .echo, handler: Echo(among: sockets)))
    }
}

extension WebSocketLimits {
    /// Messages up to 16 MiB + 1 byte. One of that size may wait, and what came in behind it in the same read.
    static var echo: WebSocketLimits {
        let messageBytes = (16 << 20) + 1
        return WebSocketLimits(
            messageBytes: messageBytes, waitingBytes: messageBytes + (128 << 10), silence: .seconds(60))
    }
}

/// Sends back what comes. A peer that sends faster than it reads is read from no faster than it reads.
final class Echo: WebSocketHandler {
    private let sockets: EchoSockets?
    private let ended: (WebSocketEnding) -> Void

    init(among sockets: EchoSockets? = nil, ended: @escaping (WebSocketEnding) -> Void = { _ in }) {
        self.sockets = sockets
        self.ended = ended
    }

    func webSocketOpened(_ socket: WebSocket) {
        sockets?.opened(socket)
    }

    func webSocket(_ socket: WebSocket, text: Span<UInt8>) {
        follow(socket, socket.send(text: text))
    }

    func webSocket(_ socket: WebSocket, binary: Span<UInt8>) {
        follow(socket, socket.send(binary: binary))
    }

    private func follow(_ socket: WebSocket, _ sent: WebSocket.Sent) {
        switch sent {
        case .sent, .closed: return
        case .waiting: socket.setReading(false)
        case .full: socket.close(code: WebSocketCloseCode.tryAgainLater, reason: "too much waits for you to read it")
        }
    }

    func webSocketDrained(_ socket: WebSocket) {
        socket.setReading(true)
    }

    func webSocketClosed(_ socket: WebSocket, _ ending: WebSocketEnding) {
        sockets?.closed(socket)
        ended(ending)
    }
}
