internal import CallCore
internal import UpstreamWire

/// A session that is begun beside the line's own. It speaks with the vendor alone until it is ready.
struct StandInSession {
    var session: any UpstreamSession
    var socket: (any CallSocket)?
    var end: UpstreamEnd?
}

// The upstream that stands in, up to the moment when it takes over.
extension CallLine {
    func prepareStandIn(_ session: any UpstreamSession) {
        dropStandIn()
        standIn = StandInSession(session: session)
    }

    /// The other end of its next socket.
    func newStandInEnd() -> UpstreamEnd {
        standIn?.end?.letGo()
        let end = UpstreamEnd(self, side: .standIn)
        standIn?.end = end
        return end
    }

    func connectStandIn(_ socket: any CallSocket) {
        standIn?.socket = socket
        listener?.standInOpened()
    }

    func standInSessionOpened() -> [UpstreamEvent] {
        tellStandIn { $0.opened(at: loop.now) }
    }

    func standInReceived(_ text: Span<UInt8>) {
        let now = loop.now
        lastRead = now
        guard var session = standIn?.session else { return }
        let reception = session.receive(text, at: now)
        standIn?.session = session
        // Audio from before it is ready is nobody's.
        guard case .other(let output) = reception else { return }
        sendToStandIn(output.messages)
        listener?.standInSaid(output.events)
    }

    func standInClosed(_ end: CallSocketEnd) {
        standIn?.socket = nil
        listener?.standInSaid(tellStandIn { $0.closed(code: end.code, reason: end.words, at: loop.now) })
    }

    private func tellStandIn(_ body: (inout any UpstreamSession) -> UpstreamOutput) -> [UpstreamEvent] {
        guard var session = standIn?.session else { return [] }
        let output = body(&session)
        standIn?.session = session
        sendToStandIn(output.messages)
        return output.events
    }

    private func sendToStandIn(_ messages: [[UInt8]]) {
        guard let socket = standIn?.socket else { return }
        for message in messages where socket.send(text: message.span) == .full { socket.kill() }
    }

    func dropStandIn() {
        guard let standIn else { return }
        self.standIn = nil
        standIn.end?.letGo()
        standIn.socket?.close(code: 1000, reason: "")
    }
}
