internal import Addresses
internal import Commands
internal import HTTPLoop
internal import HTTPWire
internal import SocketLoop
internal import Telemetry
internal import Timeline

/// `patchbay echo`: a WebSocket echo server, or a client that answers a fuzzing server's cases, on the product's own code.
enum EchoCommand {
    private static let goodbyeLimit = Duration.milliseconds(500)
    private static let listen = Option(
        "listen", "ADDRESS", .text, help: "Serve here: 127.0.0.1:8080, [::1]:8080, or :8080 for every IPv4 address.")
    private static let connect = Option(
        "connect", "URL", .text, help: "Be the client instead, of a fuzzing server at this ws:// or wss:// URL.")
    private static let certificate = Option(
        "tls-certificate", "FILE", .text, help: "Serve TLS with this certificate chain (PEM); SIGHUP reads it again.")
    private static let key = Option("tls-key", "FILE", .text, help: "The certificate's key (PEM).")
    private static let authorities = Option(
        "tls-ca", "FILE", .text, help: "Trust these authorities (PEM) instead of the system's, as a client.")
    private static let loops = Option(
        "loops", "N", .integer(0...1_024), default: 0, help: "Event loops to serve with; 0 is one per core.")

    static let command = Command(
        name: "echo",
        summary: "send back every WebSocket message: tests an ingress, and our own conformance",
        options: [listen, connect, certificate, key, authorities, loops],
        examples: [
            Command.Example("patchbay echo --listen 127.0.0.1:8080", "serves until SIGINT or SIGTERM"),
            Command.Example(
                "patchbay echo --connect ws://127.0.0.1:9001", "runs the cases of Autobahn's fuzzing server"),
        ]
    ) { call in
        switch (call[listen], call[connect]) {
        case (let address?, nil): try await serve(address, call)
        case (nil, let url?): try await runCases(of: url, call)
        default: throw UsageError("echo needs either --listen ADDRESS or --connect URL")
        }
    }

    private static func serve(_ text: String, _ call: Invocation) async throws -> ExitCode {
        guard let endpoint = HostPort(text), let address = SocketAddress(endpoint) else {
            throw UsageError("--listen '\(text)' is not an address: write 127.0.0.1:8080, [::1]:8080 or :8080")
        }
        let requests = try Signals.requests()
        let certificate = try certificate(of: call)
        let group = try LoopGroup(count: call[loops])
        let sockets = EchoSockets(group)
        let server = try HTTPServer(
            at: address, group: group, certificate: certificate, service: EchoService(sockets: sockets))
        call.console.print("patchbay ready \(certificate == nil ? "ws" : "wss")://\(server.address)")
        for await request in requests {
            guard case .reload = request else { break }
            reload(certificate, call.console)
        }
        server.close()
        await end(sockets)
        group.stop()
        return .done
    }

    /// Tells every peer that the server goes away, and gives each a moment to answer.
    private static func end(_ sockets: EchoSockets) async {
        sockets.closeAll()
        let began = SystemClock.now()
        while sockets.count > 0, began.duration(to: SystemClock.now()) < goodbyeLimit {
            do { try await Task.sleep(for: .milliseconds(5)) } catch { return }
        }
    }

    private static func certificate(of call: Invocation) throws -> CurrentCertificate? {
        switch (call[certificate], call[key]) {
        case (nil, nil): return nil
        case (let certificate?, let key?): return try CurrentCertificate(certificateFile: certificate, keyFile: key)
        default: throw UsageError("--tls-certificate and --tls-key go together")
        }
    }

    private static func reload(_ certificate: CurrentCertificate?, _ console: Console) {
        do throws(SocketError) {
            try certificate?.reload()
        } catch {
            console.printError("patchbay echo: the old certificate stays in use: \(error.message)")
        }
    }

    private static func runCases(of text: String, _ call: Invocation) async throws -> ExitCode {
        guard let server = try? WebURL(text), server.scheme == .ws || server.scheme == .wss else {
            throw UsageError("--connect '\(text)' is not a ws:// or wss:// URL")
        }
        let tls = server.scheme.isSecure ? try TLSClientContext(authoritiesFile: call[authorities]) : nil
        let requests = try Signals.requests()
        let group = try LoopGroup(count: 1)
        let cases = EchoCases(server: server, tls: tls, loop: group.loops[0], console: call.console)
        return await withTaskGroup(of: ExitCode.self) { tasks in
            tasks.addTask { await cases.run() ? .done : .failed }
            tasks.addTask {
                for await request in requests {
                    guard case .reload = request else { break }
                }
                return .failed
            }
            let first = await tasks.next() ?? .failed
            tasks.cancelAll()
            // Ends what is still open, so that the other task ends too.
            group.stop()
            return first
        }
    }
}
