internal import Glibc
internal import HTTPLoop
internal import HTTPWire
internal import SocketLoop

/// `patchbay echo`: a WebSocket echo server, or a client that answers a fuzzing server's cases, on the product's own code.
enum EchoCommand {
    /// Autobahn's largest case is 16 MiB.
    static let messageBytes = (16 << 20) + 1

    static func run(_ arguments: [String]) -> Int32 {
        var listen: String?
        var connect: String?
        var certificate: String?
        var key: String?
        var authorities: String?
        var loops = 0
        var rest = arguments[...]
        while let name = rest.popFirst() {
            guard let value = rest.popFirst() else { Exit.fail("\(name) needs a value", code: Exit.usage) }
            switch name {
            case "--listen": listen = value
            case "--connect": connect = value
            case "--tls-certificate": certificate = value
            case "--tls-key": key = value
            case "--tls-ca": authorities = value
            case "--loops": loops = Int(value) ?? 0
            default: Exit.fail("echo knows no option \(name)", code: Exit.usage)
            }
        }
        do {
            if let listen { return try serve(listen, certificate: certificate, key: key, loops: loops) }
            if let connect { return try runCases(connect, authorities: authorities) }
        } catch let error as SocketError {
            Exit.fail(error.message, code: error.isTemporary ? Exit.temporary : Exit.usage)
        } catch {
            Exit.fail("\(error)", code: Exit.failed)
        }
        Exit.fail("echo needs --listen ADDRESS or --connect URL", code: Exit.usage)
    }

    private static func serve(_ listen: String, certificate: String?, key: String?, loops: Int) throws -> Int32 {
        guard let address = SocketAddress(listening: listen) else {
            Exit.fail("--listen \(listen) is no address; write 127.0.0.1:8080 or [::1]:8080", code: Exit.usage)
        }
        var current: CurrentCertificate?
        if let certificate, let key { current = try CurrentCertificate(certificateFile: certificate, keyFile: key) }
        let group = try LoopGroup(count: loops)
        let server = try HTTPServer(at: address, group: group, certificate: current, service: EchoService())
        print("patchbay ready \(current == nil ? "ws" : "wss")://\(server.address)")
        fflush(nil)
        while case .reload = Signals.next() {
            do { try current?.reload() } catch { print(error.message) }
        }
        server.close()
        group.stop()
        return Exit.done
    }

    private static func runCases(_ url: String, authorities: String?) throws -> Int32 {
        guard let url = WebURL(url), url.scheme == .ws || url.scheme == .wss else {
            Exit.fail("--connect \(url) is no ws:// or wss:// URL", code: Exit.usage)
        }
        let group = try LoopGroup(count: 1)
        let tls = url.scheme.usesTLS ? try TLSClientContext(authoritiesFile: authorities) : nil
        let cases = EchoCases(server: url, tls: tls, loop: group.loops[0])
        let isDone = cases.run()
        group.stop()
        return isDone ? Exit.done : Exit.failed
    }
}

extension SocketError {
    /// Whether trying again later may help.
    var isTemporary: Bool {
        switch self {
        case .addressTaken: true
        case .loopUnavailable, .addressRefused, .tlsUnusable, .datagramRefused: false
        }
    }
}

extension SocketAddress {
    /// Reads `127.0.0.1:8080`, `[::1]:8080` or `:8080`, which is all of IPv4's.
    init?(listening text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        let host = text[..<colon]
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : host
        self.init(literal: bare.isEmpty ? "0.0.0.0" : String(bare), port: port)
    }
}
