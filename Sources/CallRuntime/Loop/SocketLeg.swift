internal import CallCore
internal import HTTPLoop
internal import HTTPWire

/// A WebSocket as one leg of a call.
final class SocketLeg: CallSocket, WebSocketHandler {
    private var owner: (any CallSocketOwner)?
    private var socket: WebSocket?

    init(owner: any CallSocketOwner) {
        self.owner = owner
    }

    // MARK: what a call asks

    func send(text: Span<UInt8>) -> CallSocketSent {
        guard let socket else { return .closed }
        return CallSocketSent(socket.send(text: text))
    }

    func send(text: Span<UInt8>, then second: Span<UInt8>) -> CallSocketSent {
        guard let socket else { return .closed }
        return CallSocketSent(socket.send(text: text, then: second))
    }

    func close(code: UInt16, reason: String) {
        socket?.close(code: code, reason: reason)
    }

    func kill() {
        socket?.kill()
    }

    func feeds(_ other: any CallSocket, through objects: [AnyObject]) {
        guard let other = other as? SocketLeg, let here = socket, let there = other.socket else { return }
        here.feeds(there, through: objects + [self, other])
    }

    // MARK: what the socket tells

    func webSocketOpened(_ socket: WebSocket) {
        self.socket = socket
        owner?.socketOpened(self)
    }

    func webSocket(_ socket: WebSocket, text: Span<UInt8>) {
        owner?.socket(self, received: text)
    }

    func webSocket(_ socket: WebSocket, binary: Span<UInt8>) {
        owner?.socketReceivedBinary(self)
    }

    func webSocketDrained(_ socket: WebSocket) {
        owner?.socketDrained(self)
    }

    func webSocketClosed(_ socket: WebSocket, _ ending: WebSocketEnding) {
        self.socket = nil
        let owner = self.owner
        self.owner = nil
        owner?.socketClosed(self, CallSocketEnd(ending))
    }
}

extension CallSocketSent {
    fileprivate init(_ sent: WebSocket.Sent) {
        switch sent {
        case .sent: self = .sent
        case .waiting: self = .waiting
        case .full: self = .full
        case .closed: self = .closed
        }
    }
}

extension CallSocketEnd {
    fileprivate init(_ ending: WebSocketEnding) {
        switch ending.cause {
        case .peer: self.init(.peer, code: ending.code, words: ending.reason)
        case .us: self.init(.us, code: ending.code, words: ending.reason)
        case .violation(let violation): self.init(.violation, code: ending.code, words: violation.message)
        case .silence: self.init(.silence, code: ending.code, words: "nothing was heard, not even an answer to a ping")
        case .slow: self.init(.slow, code: ending.code, words: "it did not take what was sent")
        case .connection(let words): self.init(.lost, code: ending.code, words: words)
        }
    }
}
