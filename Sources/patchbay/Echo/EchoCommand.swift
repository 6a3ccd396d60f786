internal import Glibc
internal import HTTPLoop
internal import HTTPWire
internal import SocketLoop

/// `patchbay echo`: a WebSocket echo server, or a client that answers a fuzzing server's cases, on the product's own code.
enum EchoCommand {
    /// Autobahn's largest case is 16 MiB.
    static let messageBytes = (16 << 20) + 1

    private static let usage = """
        usage: patchbay echo --listen ADDRESS [--tls-certificate FILE --tls-key FILE] [--loops COUNT]
               patchbay echo --connect URL [--tls-ca FILE]
        """

    private struct Options {
        var listen: String?
        var connect: String?
        var certificate: String?
        var key: String?
        var authorities: String?
        /// 0 is one a core.
        var loops = 0
    }

    static func run(_ arguments: [String]) -> Int32 {
        if arguments.contains("--help") {
            print(usage)
            return Exit.done
        }
        let options = read(arguments)
        do {
            switch (options.listen, options.connect) {
            case (let listen?, nil): return try serve(listen, options)
            case (nil, let connect?): return try runCases(connect, authorities: options.authorities)
            default: Exit.fail("echo needs either --listen ADDRESS or --connect URL", code: Exit.usage)
            }
        } catch let error as SocketError {
            Exit.fail(error.message, code: error.isTemporary ? Exit.temporary : Exit.usage)
        } catch {
            Exit.fail("\(error)", code: Exit.failed)
        }
    }

    private static func read(_ arguments: [String]) -> Options {
        var options = Options()
        var rest = arguments[...]
        while let name = rest.popFirst() {
            func value() -> String {
                guard let value = rest.popFirst() else { Exit.fail("\(name) needs a value", code: Exit.usage) }
                return value
            }
            switch name {
            case "--listen": options.listen = value()
            case "--connect": options.connect = value()
            case "--tls-certificate": options.certificate = value()
            case "--tls-key": options.key = value()
            case "--tls-ca": options.authorities = value()
            case "--loops":
                guard let count = Int(value()), 1...1024 ~= count else {
                    Exit.fail("--loops is a number of threads from 1 to 1024", code: Exit.usage)
                }
                options.loops = count
            default: Exit.fail("echo knows no option \(name); `patchbay echo --help` lists them", code: Exit.usage)
            }
        }
        return options
    }

    private static func serve(_ listen: String, _ options: Options) throws -> Int32 {
        guard let address = SocketAddress(listening: listen) else {
            Exit.fail("--listen \(listen) is no address; write 127.0.0.1:8080 or [::1]:8080", code: Exit.usage)
        }
        var current: CurrentCertificate?
        switch (options.certificate, options.key) {
        case (nil, nil): break
        case (let certificate?, let key?):
            current = try CurrentCertificate(certificateFile: certificate, keyFile: key)
        default: Exit.fail("--tls-certificate and --tls-key go together", code: Exit.usage)
        }
        let group = try LoopGroup(count: options.loops)
        let server = try HTTPServer(at: address, group: group, certificate: current, service: EchoService())
        print("patchbay ready \(current == nil ? "ws" : "wss")://\(server.address)")
        fflush(nil)
        while case .reload = Signals.next() {
            do {
                try current?.reload()
            } catch {
                Exit.complain("the old certificate stays in use: \(error.message)")
            }
        }
        server.close()
        group.stop()
        return Exit.done
    }

    private static func runCases(_ url: String, authorities: String?) throws -> Int32 {
        guard let url = WebURL(url), url.scheme == .ws || url.scheme == .wss else {
            Exit.fail("--connect \(url) is no ws:// or wss:// URL", code: Exit.usage)
        }
        Signals.release()
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
