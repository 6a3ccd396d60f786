import Addresses
import Glibc
import HTTPLoop
import HTTPWire
import SocketLoop
import Timeline

/// A WebSocket relay on the product's own transport and codecs: a server on one side, a client on the other, and nothing
/// in between. What it costs beside the C floor is what our transport costs.
@main
struct Relay {
    static func main() throws {
        var listen = "127.0.0.1:0"
        var connect = ""
        var loops = 1
        var certificate = ""
        var key = ""
        var authority = ""
        var arguments = CommandLine.arguments.dropFirst()
        while let name = arguments.popFirst(), let value = arguments.popFirst() {
            switch name {
            case "--listen": listen = value
            case "--connect": connect = value
            case "--loops": loops = Int(value) ?? 1
            case "--certificate": certificate = value
            case "--key": key = value
            case "--authority": authority = value
            default: fatalError("unknown option \(name)")
            }
        }
        guard let upstream = try? WebURL(connect), let endpoint = HostPort(listen),
            let address = SocketAddress(endpoint)
        else {
            fatalError(
                "usage: bench-relay --listen ADDRESS:PORT --connect ws[s]://HOST:PORT/ [--loops N] "
                    + "[--certificate FILE --key FILE] [--authority FILE]")
        }
        let group = try LoopGroup(count: loops)
        let server = try HTTPServer(
            at: address, group: group,
            certificate: certificate.isEmpty ? nil : CurrentCertificate(certificateFile: certificate, keyFile: key),
            service: RelayService(
                upstream: upstream, tls: authority.isEmpty ? nil : TLSClientContext(authoritiesFile: authority)))
        print("ready \(certificate.isEmpty ? "ws" : "wss")://\(server.address)")
        fflush(nil)
        while true { pause() }
    }
}

struct RelayService: HTTPService {
    let upstream: WebURL
    let tls: TLSClientContext?

    func answer(_ request: RequestHead, upgrade: WebSocketUpgrade.Acceptance?, on stream: ByteStream) -> HTTPAnswer {
        guard upgrade != nil else { return .respond(HTTPResponse(.upgradeRequired)) }
        return .upgrade(UpgradeAnswer(handler: Leg(upstream: upstream, tls: tls)))
    }
}

/// One side of a pair. The phone's side opens the upstream's.
final class Leg: WebSocketHandler {
    private let upstream: WebURL?
    private let tls: TLSClientContext?
    // Strong, and broken when either ends: a weak reference would make every retain take the slow way.
    private var other: Leg?
    private var socket: WebSocket?
    private var early: [[UInt8]] = []

    init(upstream: WebURL?, tls: TLSClientContext? = nil, other: Leg? = nil) {
        self.upstream = upstream
        self.tls = tls
        self.other = other
    }

    func webSocketOpened(_ socket: WebSocket) {
        self.socket = socket
        guard let upstream else {
            other?.pair(with: self)
            return
        }
        let loop = socket.stream.loop
        let leg = Leg(upstream: nil, other: self)
        loop.openWebSocket(
            WebSocketRequest(upstream, tls: tls), deadline: loop.now.advanced(by: .seconds(10)), handler: leg
        ) {
            failure in
            print(failure.message)
            socket.close(code: WebSocketCloseCode.tryAgainLater)
        }
    }

    private func pair(with leg: Leg) {
        other = leg
        if let phone = socket, let upstream = leg.socket {
            phone.feeds(upstream, through: [self, leg])
            upstream.feeds(phone, through: [leg, self])
        }
        for text in early { _ = leg.socket?.send(text: text.span) }
        early = []
    }

    func webSocket(_ socket: WebSocket, text: Span<UInt8>) {
        if let peer = other?.socket {
            _ = peer.send(text: text)
        } else if early.count < 1_000 {
            early.append(text.indices.map { text[$0] })
        }
    }

    func webSocket(_ socket: WebSocket, binary: Span<UInt8>) {}
    func webSocketDrained(_ socket: WebSocket) {}

    func webSocketClosed(_ socket: WebSocket, _ ending: WebSocketEnding) {
        self.socket = nil
        other?.socket?.close()
        other?.other = nil
        other = nil
    }
}
