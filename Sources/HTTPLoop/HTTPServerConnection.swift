internal import HTTPWire
internal import SocketLoop
internal import Timeline

/// One connection of a server while it speaks HTTP/1.1: requests one after another, each answered before the next is read.
/// An accepted upgrade hands the stream to a `WebSocket`.
final class HTTPServerConnection {
    private let stream: ByteStream
    private let service: any HTTPService
    private let limits: HTTPLimits
    private var reader: RequestHeadReader
    private var outgoing = OutgoingQueue()
    private var isOver = false
    private var patience: TimerID?

    init(stream: ByteStream, service: any HTTPService, limits: HTTPLimits) {
        self.stream = stream
        self.service = service
        self.limits = limits
        reader = RequestHeadReader(limits: limits.head)
        patience = stream.loop.schedule(after: limits.request) { [unowned self] _ in
            patience = nil
            takesTooLong()
            return nil
        }
    }

    private func takesTooLong() {
        guard !isOver else {
            stream.kill()
            return
        }
        // Nobody who sent nothing is owed a word.
        if reader.isIdle {
            leave()
        } else {
            respond(.text(408, "The request took too long."), keepsAlive: false)
        }
    }

    // MARK: requests

    private func read(_ slice: inout MutableSpan<UInt8>) {
        var position = 0
        do throws(HTTPViolation) {
            while !isOver, let request = try reader.next(in: slice.span, from: &position) {
                switch WebSocketUpgrade(request) {
                case .refuse(let refusal): respond(HTTPResponse(refusal), keepsAlive: false)
                case .notAnUpgrade: answer(request, upgrade: nil, &slice, from: position)
                case .accept(let acceptance): answer(request, upgrade: acceptance, &slice, from: position)
                }
            }
        } catch {
            respond(.text(error.status, error.message), keepsAlive: false)
        }
    }

    private func answer(
        _ request: RequestHead, upgrade: WebSocketUpgrade.Acceptance?, _ slice: inout MutableSpan<UInt8>,
        from position: Int
    ) {
        switch service.answer(request, upgrade: upgrade, on: stream) {
        case .respond(let response):
            // A body that nobody asked for is not read: what follows it could be anything.
            respond(
                response, keepsAlive: request.keepsAlive && request.body == .empty, omitsBody: request.method == "HEAD")
        case .upgrade(let answer):
            guard let upgrade else {
                respond(HTTPResponse(.upgradeRequired), keepsAlive: request.keepsAlive)
                return
            }
            becomeWebSocket(upgrade, answer, &slice, from: position)
        }
    }

    private func becomeWebSocket(
        _ upgrade: WebSocketUpgrade.Acceptance, _ answer: UpgradeAnswer, _ slice: inout MutableSpan<UInt8>,
        from position: Int
    ) {
        put(upgrade.response(subprotocol: answer.subprotocol, headers: answer.headers), body: [])
        guard outgoing.isEmpty else {
            // A peer that pipelines requests without reading answers has no use for a WebSocket.
            leave()
            return
        }
        stopPatience()
        isOver = true
        let socket = WebSocket(
            stream: stream, role: .server, subprotocol: answer.subprotocol, limits: answer.limits,
            handler: answer.handler)
        socket.begin(reading: &slice, from: position)
    }

    // MARK: answers

    private func respond(_ response: HTTPResponse, keepsAlive: Bool, omitsBody: Bool = false) {
        var headers = response.headers
        headers.append("Content-Length", String(response.body.count))
        if !keepsAlive { headers.append("Connection", "close") }
        put(ResponseHead(status: response.status, headers: headers), body: omitsBody ? [] : response.body)
        if keepsAlive {
            if let patience { stream.loop.move(patience, to: stream.loop.now.advanced(by: limits.request)) }
            // Answers that wait keep further requests in the network.
            if !outgoing.isEmpty { stream.setReading(false) }
        } else {
            leave()
        }
    }

    private func put(_ head: ResponseHead, body: [UInt8]) {
        var bytes: [UInt8] = []
        do throws(HTTPViolation) {
            try head.write(to: &bytes)
        } catch {
            assertionFailure("an answer that cannot be written: \(error.message)")
            bytes = Array("HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".utf8)
        }
        bytes.append(contentsOf: body)
        let taken = outgoing.isEmpty ? stream.write(bytes.span) ?? bytes.count : 0
        guard taken < bytes.count else { return }
        outgoing.append(bytes.span.extracting(taken...))
        stream.askToWrite()
    }

    /// No more requests: what waits goes out, then the connection ends.
    private func leave() {
        guard !isOver else { return }
        isOver = true
        if outgoing.isEmpty {
            stopPatience()
            stream.close()
        } else if let patience {
            stream.loop.move(patience, to: stream.loop.now.advanced(by: ByteStream.lingerLimit))
        }
    }

    private func stopPatience() {
        if let patience { stream.loop.cancel(patience) }
        patience = nil
    }
}

extension HTTPServerConnection: ByteStreamHandler {
    func stream(_ stream: ByteStream, received bytes: inout MutableSpan<UInt8>) {
        if !isOver { read(&bytes) }
    }

    func streamIsWritable(_ stream: ByteStream) {
        guard outgoing.flush({ stream.write($0) }) else {
            stream.askToWrite()
            return
        }
        if isOver {
            stopPatience()
            stream.close()
        } else {
            stream.setReading(true)
        }
    }

    func streamClosed(_ stream: ByteStream, _ reason: CloseReason) {
        stopPatience()
    }
}
