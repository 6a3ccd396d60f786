internal import HTTPLoop
internal import SocketLoop
internal import Telemetry
internal import Timeline

/// One session on its socket: carries out what the session wants, and wakes it in time.
final class PracticeConnection: WebSocketHandler {
    private var session: PracticeSession
    private let number: Int
    private let rejection: PracticeSession.Rejection?
    private let recordings: String?
    private let reporting: @Sendable (PracticeLine) -> Void
    private var opened = Instant.zero
    private var timer: TimerID?
    private var isFrozen = false

    init(
        session: PracticeSession, number: Int, rejection: PracticeSession.Rejection?, recordings: String?,
        reporting: @escaping @Sendable (PracticeLine) -> Void
    ) {
        self.session = session
        self.number = number
        self.rejection = rejection
        self.recordings = recordings
        self.reporting = reporting
    }

    func webSocketOpened(_ socket: WebSocket) {
        opened = socket.stream.loop.now
        carryOut(session.open(at: opened, rejecting: rejection), on: socket)
    }

    func webSocket(_ socket: WebSocket, text: Span<UInt8>) {
        guard !isFrozen else { return }
        carryOut(session.receive(text, at: socket.stream.loop.now), on: socket)
    }

    /// The service speaks in texts alone.
    func webSocket(_ socket: WebSocket, binary: Span<UInt8>) {
        socket.close(code: 1_003, reason: "binary messages are not supported")
    }

    func webSocketDrained(_ socket: WebSocket) {}

    func webSocketClosed(_ socket: WebSocket, _ ending: WebSocketEnding) {
        let now = socket.stream.loop.now
        if let timer { socket.stream.loop.cancel(timer) }
        timer = nil
        let byPeer =
            switch ending.cause {
            case .peer, .connection, .violation: true
            case .us, .silence, .slow: false
            }
        for effect in session.closed(code: Int(ending.code), reason: ending.reason, byPeer: byPeer, at: now) {
            if case .report(let report) = effect { tell(report, at: now) }
        }
        writeRecordings()
    }

    private func carryOut(_ effects: [PracticeSession.Effect], on socket: WebSocket) {
        let now = socket.stream.loop.now
        for effect in effects {
            switch effect {
            case .send(let text): send(text, on: socket)
            case .close(let code, let reason): socket.close(code: code, reason: reason)
            case .reset: socket.stream.kill(reset: true)
            case .freeze:
                isFrozen = true
                socket.setReading(false)
            case .report(let report): tell(report, at: now)
            }
        }
        wake(socket)
    }

    private func send(_ text: [UInt8], on socket: WebSocket) {
        switch socket.send(text: text.span) {
        case .sent, .waiting, .closed: return
        case .full: socket.close(code: 1_013, reason: "too much waits for you to read it")
        }
    }

    /// One timer, moved to when the session next needs it.
    private func wake(_ socket: WebSocket) {
        let loop = socket.stream.loop
        guard socket.isOpen, !isFrozen, let due = session.wakeUp.instant else {
            if let timer { loop.cancel(timer) }
            timer = nil
            return
        }
        if let timer, loop.move(timer, to: due) { return }
        timer = loop.schedule(at: due) { [weak self, weak socket] now in
            guard let self, let socket else { return nil }
            timer = nil
            carryOut(session.advance(to: now), on: socket)
            return nil
        }
    }

    private func tell(_ report: PracticeReport, at now: Instant) {
        reporting(
            PracticeLine(
                connection: number, at: SystemClock.utc(), milliseconds: Int(opened.nanoseconds(to: now) / 1_000_000),
                report: report))
    }

    private func writeRecordings() {
        guard let recordings else { return }
        for (name, sound) in [("heard", session.heard), ("said", session.said)] {
            guard let sound else { continue }
            do throws(SoundFileError) {
                try SoundFile.write(sound, to: "\(recordings)/connection-\(number)-\(name).wav")
            } catch {
                tell(.error(code: error.code, message: error.message), at: opened)
            }
        }
    }
}
