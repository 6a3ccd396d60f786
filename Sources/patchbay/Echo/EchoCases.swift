internal import Addresses
internal import Commands
internal import HTTPLoop
internal import HTTPWire
internal import SocketLoop
internal import Timeline

/// A fuzzing server's client (Autobahn's protocol): asks how many cases there are, echoes through each, and has the report
/// written.
struct EchoCases {
    private static let openingLimit = Duration.seconds(10)

    let server: WebURL
    let tls: TLSClientContext?
    let loop: SocketLoop
    let console: Console

    /// Returns whether every case could be run; whether it went well is the report's to say.
    func run() async -> Bool {
        guard let answer = await visit("/getCaseCount", collecting: true) else { return false }
        guard let cases = Int(answer), cases > 0 else {
            console.printError("patchbay echo: \(server) has no cases: it does not answer /getCaseCount with a number")
            return false
        }
        for number in 1...cases {
            guard await visit("/runCase?case=\(number)&agent=patchbay") != nil else { return false }
        }
        console.print("\(cases) cases run")
        return await visit("/updateReports?agent=patchbay") != nil
    }

    /// Opens one WebSocket and waits until it is over. Returns the last text that came if it is collected, else nothing;
    /// nil if it could not be opened.
    private func visit(_ target: String, collecting: Bool = false) async -> String? {
        let url: WebURL
        do {
            url = try server.resolving(target)
        } catch {
            console.printError("patchbay echo: \(server) and \(target) make no URL")
            return nil
        }
        let request = WebSocketRequest(url, limits: .echo, tls: tls)
        return await withCheckedContinuation { continuation in
            loop.execute { core in
                let handler: any WebSocketHandler =
                    collecting
                    ? Collector { continuation.resume(returning: $0) }
                    : Echo { _ in continuation.resume(returning: "") }
                core.openWebSocket(request, deadline: core.now.advanced(by: Self.openingLimit), handler: handler) {
                    failure in
                    console.printError("patchbay echo: \(url): \(failure.message)")
                    continuation.resume(returning: nil)
                }
            }
        }
    }
}

/// Keeps the last text message.
private final class Collector: WebSocketHandler {
    private var text = ""
    private let ended: (String) -> Void

    init(ended: @escaping (String) -> Void) {
        self.ended = ended
    }

    func webSocketOpened(_ socket: WebSocket) {}
    func webSocket(_ socket: WebSocket, binary: Span<UInt8>) {}
    func webSocketDrained(_ socket: WebSocket) {}

    func webSocket(_ socket: WebSocket, text: Span<UInt8>) {
        self.text = String(decoding: text.indices.map { text[$0] }, as: UTF8.self)
    }

    func webSocketClosed(_ socket: WebSocket, _ ending: WebSocketEnding) {
        ended(text)
    }
}
