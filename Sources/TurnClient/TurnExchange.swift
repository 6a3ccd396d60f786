internal import Addresses
internal import SocketLoop
internal import Timeline
internal import TurnWire
internal import Wording

/// One check of one server, on the loop: carries the probe's bytes, keeps its time, and closes what it opened.
final class TurnExchange {
    private let loop: LoopCore
    private let url: TurnURL
    private let deadline: Deadline
    private var probe: TurnProbe
    private var done: ((TurnReading) -> Void)?
    private var dial: Dial?
    private var stream: ByteStream?
    private var socket: DatagramSocket?
    private var timer: TimerID?

    init(
        _ probe: TurnProbe, _ url: TurnURL, on loop: LoopCore, by deadline: Deadline,
        done: @escaping (TurnReading) -> Void
    ) {
        self.probe = probe
        self.url = url
        self.loop = loop
        self.deadline = deadline
        self.done = done
    }

    func start(_ tls: TLSClientContext) {
        // The loop keeps it alive, by its timer and by this.
        loop.whenEnding(self) { self.fail(.unreachable(PeerText("this program is ending"))) }
        switch (url.transport, url.isSecure) {
        // No configuration names it: browsers do not speak it.
        case (.udp, true): finish(TurnReading(failure: .transportUnsupported))
        case (.udp, false): open()
        case (.tcp, true): connect(tls)
        case (.tcp, false): connect(nil)
        }
    }

    // MARK: connecting

    private func open() {
        wake(at: deadline)
        if let address = SocketAddress(url.endpoint) { return open(to: address) }
        loop.resolve(url.endpoint.host) { [self] answer in
            guard done != nil else { return }
            switch answer {
            case .success(let addresses) where !addresses.isEmpty:
                open(to: SocketAddress(addresses[0].ip, port: url.endpoint.port, scope: addresses[0].scope))
            case .success: fail(.unresolved(PeerText("it has no address")))
            case .failure(let failure): fail(.unresolved(PeerText(failure.message)))
            }
        }
    }

    private func open(to address: SocketAddress) {
        do throws(SocketError) {
            socket = try DatagramSocket(on: loop, remote: address, handler: self)
            carryOut(probe.connected(at: loop.now))
        } catch {
            fail(.unreachable(PeerText(error.message)))
        }
    }

    private func connect(_ tls: TLSClientContext?) {
        dial = loop.dial(url.endpoint, tls: tls, deadline: deadline.instant ?? loop.now) { [self] result in
            dial = nil
            switch result {
            case .success(let stream):
                guard done != nil else { return stream.kill() }
                self.stream = stream
                stream.hand(to: self)
                carryOut(probe.connected(at: loop.now))
            case .failure(let failure): fail(TurnFailure(failure))
            }
        }
    }

    // MARK: the probe

    private func carryOut(_ actions: [TurnProbe.Action]) {
        for action in actions {
            switch action {
            case .send(let bytes): send(bytes)
            case .finish(let reading): finish(reading)
            }
        }
        wake(at: probe.deadline)
    }

    private func send(_ bytes: [UInt8]) {
        // What is lost here is sent again, or its answer is missed.
        if let socket { _ = socket.send(bytes.span) }
        if let stream { _ = stream.write(bytes.span) }
    }

    private func wake(at deadline: Deadline) {
        if let timer { loop.cancel(timer) }
        timer = nil
        guard done != nil, let due = deadline.instant else { return }
        timer = loop.schedule(at: due) { [self] now in
            timer = nil
            // Without a connection there is no probe to be asked.
            if socket == nil, stream == nil {
                fail(.unresolved(PeerText("no answer in time")))
            } else {
                carryOut(probe.deadlineReached(at: now))
            }
            return nil
        }
    }

    private func fail(_ failure: TurnFailure) {
        carryOut(probe.failed(failure, at: loop.now))
    }

    private func finish(_ reading: TurnReading) {
        guard let done else { return }
        self.done = nil
        loop.forgetEnding(self)
        if let timer { loop.cancel(timer) }
        timer = nil
        dial?.cancel()
        socket?.close()
        stream?.hand(to: nil)
        stream?.close()
        (dial, socket, stream) = (nil, nil, nil)
        done(reading)
    }
}

extension TurnExchange: DatagramHandler {
    func datagram(_ socket: DatagramSocket, received bytes: Span<UInt8>, from peer: SocketAddress?) {
        carryOut(probe.received(bytes.indices.map { bytes[$0] }, at: loop.now))
    }

    func datagramFailed(_ socket: DatagramSocket, errno: Int32) {
        fail(.unreachable(PeerText(describe(errno: errno))))
    }
}

extension TurnExchange: ByteStreamHandler {
    func stream(_ stream: ByteStream, received bytes: inout MutableSpan<UInt8>) {
        let bytes = bytes.span
        carryOut(probe.received(bytes.indices.map { bytes[$0] }, at: loop.now))
    }

    func streamIsWritable(_ stream: ByteStream) {}

    func streamClosed(_ stream: ByteStream, _ reason: CloseReason) {
        fail(.unreachable(PeerText(reason.message)))
    }
}

extension TurnFailure {
    init(_ failure: DialFailure) {
        switch failure {
        case .unresolved(_, let words): self = .unresolved(PeerText(words))
        case .tls(_, let words): self = .untrusted(PeerText(words))
        case .refused(_, let words): self = .unreachable(PeerText(words))
        case .deadline(_, let phase): self = .unreachable(PeerText("no answer in time, \(phase)"))
        case .cancelled: self = .unreachable(PeerText("given up"))
        }
    }
}
