internal import Dispatch
internal import HTTPLoop
internal import HTTPWire
internal import SocketLoop
internal import Synchronization
internal import Timeline

/// A fuzzing server's client (Autobahn's protocol): asks how many cases there are, echoes through each, and has the report
/// written.
struct EchoCases {
    private static let openingLimit = Duration.seconds(10)

    let server: WebURL
    let tls: TLSClientContext?
    let loop: SocketLoop

    /// Returns whether every case could be run; whether it went well is the report's to say.
    func run() -> Bool {
        guard let answer = visit("/getCaseCount", collecting: true) else { return false }
        guard let cases = Int(answer), cases > 0 else {
            Exit.complain("\(server) has no cases: it does not answer /getCaseCount with a number")
            return false
        }
        for number in 1...cases {
            guard visit("/runCase?case=\(number)&agent=patchbay") != nil else { return false }
        }
        print("\(cases) cases run")
        return visit("/updateReports?agent=patchbay") != nil
    }

    /// Opens one WebSocket and waits until it is over. Returns the last text that came if it is collected, else nothing;
    /// nil if it could not be opened.
    private func visit(_ target: String, collecting: Bool = false) -> String? {
        guard let url = WebURL("\(server.scheme.rawValue)://\(server.authority)\(target)") else { return nil }
        let request = WebSocketRequest(url, limits: .echo, tls: tls)
        let outcome = Outcome()
        loop.execute { core in
            let handler: any WebSocketHandler =
                collecting ? Collector { outcome.end($0) } : Echo { _ in outcome.end("") }
            core.openWebSocket(request, deadline: core.now.advanced(by: Self.openingLimit), handler: handler) {
                failure in
                Exit.complain("\(url): \(failure.message)")
                outcome.end(nil)
            }
        }
        return outcome.wait()
    }
}

/// What one visit came to, handed from the loop to the thread that waits for it.
private final class Outcome: Sendable {
    private let text = Mutex<String?>(nil)
    private let done = DispatchSemaphore(value: 0)

    func end(_ text: String?) {
        self.text.withLock { $0 = text }
        done.signal()
    }

    func wait() -> String? {
        done.wait()
        return text.withLock { $0 }
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
