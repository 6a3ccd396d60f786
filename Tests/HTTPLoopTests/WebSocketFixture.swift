import Addresses
import HTTPLoop
import HTTPWire
import SocketLoop
import TestSupport
import Testing
import Timeline

/// What a WebSocket told its owner.
enum SocketEvent: Hashable, Sendable {
    case opened(subprotocol: String?)
    case text(String)
    case binary([UInt8])
    case drained
    case closed(WebSocketEnding)
    case failed(WebSocketOpeningFailure)

    var ending: WebSocketEnding? {
        if case .closed(let ending) = self { ending } else { nil }
    }

    var failure: WebSocketOpeningFailure? {
        if case .failed(let failure) = self { failure } else { nil }
    }
}

/// What a test does to a WebSocket when it hears something.
typealias SocketAct = @Sendable (WebSocket, SocketEvent) -> Void

/// Writes down what a WebSocket tells, and does to it what the test says.
final class SocketRecorder: WebSocketHandler {
    private let journal: Journal<SocketEvent>
    private let act: SocketAct

    init(_ journal: Journal<SocketEvent>, act: @escaping SocketAct = { _, _ in }) {
        self.journal = journal
        self.act = act
    }

    func webSocketOpened(_ socket: WebSocket) { note(socket, .opened(subprotocol: socket.subprotocol)) }
    func webSocket(_ socket: WebSocket, text: Span<UInt8>) {
        note(socket, .text(String(decoding: text.array, as: UTF8.self)))
    }
    func webSocket(_ socket: WebSocket, binary: Span<UInt8>) {
        note(socket, .binary(binary.array))
    }
    func webSocketDrained(_ socket: WebSocket) { note(socket, .drained) }
    func webSocketClosed(_ socket: WebSocket, _ ending: WebSocketEnding) { note(socket, .closed(ending)) }

    private func note(_ socket: WebSocket, _ event: SocketEvent) {
        journal.note(event)
        act(socket, event)
    }
}

/// Upgrades every request, and hands each WebSocket to a recorder.
struct RecordingService: HTTPService {
    let journal: Journal<SocketEvent>
    let limits: WebSocketLimits
    let act: SocketAct

    func answer(_ request: RequestHead, upgrade: WebSocketUpgrade.Acceptance?, on stream: ByteStream) -> HTTPAnswer {
        guard request.path != "/refused" else {
            return .respond(
                HTTPResponse(status: 429, headers: ["Retry-After": "7"], body: Array("slow down".utf8)))
        }
        return .upgrade(
            UpgradeAnswer(
                subprotocol: upgrade?.subprotocols.first, limits: limits, handler: SocketRecorder(journal, act: act)))
    }
}

/// A server and loops for the time of a test.
struct SocketBench {
    let group: LoopGroup
    let server: HTTPServer
    let atServer: Journal<SocketEvent>
    let trust: TLSClientContext?

    static func run(
        tls: Bool = false, limits: WebSocketLimits = WebSocketLimits(),
        server act: @escaping SocketAct = { _, _ in },
        _ body: (SocketBench) async throws -> Void
    ) async throws {
        let group = try LoopGroup(count: 2)
        defer { group.stop() }
        let files = Certificates.shared.localhost
        let certificate =
            tls ? try CurrentCertificate(certificateFile: files.certificate, keyFile: files.key) : nil
        let journal = Journal<SocketEvent>()
        let server = try HTTPServer(
            at: SocketAddress(HostPort("127.0.0.1:0")!)!, group: group, certificate: certificate,
            service: RecordingService(journal: journal, limits: limits, act: act))
        let trust = tls ? try TLSClientContext(authoritiesFile: Certificates.shared.authority) : nil
        try await body(SocketBench(group: group, server: server, atServer: journal, trust: trust))
        server.close()
    }

    func open(
        _ target: String = "/", at endpoint: HostPort? = nil, subprotocols: [String] = [],
        limits: WebSocketLimits = WebSocketLimits(), within limit: Duration = .seconds(20),
        act: @escaping SocketAct = { _, _ in }
    ) -> Journal<SocketEvent> {
        let journal = Journal<SocketEvent>()
        let url = try! WebURL("\(trust == nil ? "ws" : "wss")://\(endpoint ?? server.address.endpoint)\(target)")
        let request = WebSocketRequest(url, subprotocols: subprotocols, limits: limits, tls: trust)
        group.loops[1].execute { core in
            core.openWebSocket(
                request, deadline: core.now.advanced(by: limit), handler: SocketRecorder(journal, act: act)
            ) { journal.note(.failed($0)) }
        }
        return journal
    }
}

extension WebSocket {
    @discardableResult
    func say(_ text: String) -> Sent { send(text: text.utf8.span) }
}
