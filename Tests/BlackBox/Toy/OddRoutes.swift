internal import FrontDoor
internal import HTTPLoop
internal import HTTPWire
internal import SocketLoop
internal import Synchronization
internal import Wording

/// Routes that are slow, endless, broken or loud.
final class OddRoutes: Sendable {
    private struct Accident: Error {
        let password = "the-toy-keeps-a-secret"
    }

    /// Handlers and producers whose task was cancelled.
    private let cancelled = Atomic(0)

    func add(to router: inout Router) {
        router.on("POST", "/odd/body") { HTTPResponse(status: 200, body: $0.body) }
        router.on("GET", "/odd/failure") { _ in throw Accident() }
        router.on("GET", "/odd/late") { [self] _ in
            await sleep(.milliseconds(300))
            return .text(200, "late")
        }
        router.on("GET", "/odd/stuck", limit: .seconds(1)) { [self] _ in
            await sleep(.seconds(60))
            return .text(200, "too late")
        }
        router.on("GET", "/odd/cancelled") { [self] _ in .text(200, "\(cancelled.load(ordering: .relaxed))") }
        router.stream("/odd/flood") { [self] _ in
            HTTPStream { [self] writer in
                let piece = [UInt8](repeating: 0x61, count: 64 << 10)
                do throws(HTTPStreamEnd) {
                    while true { try await writer.write(piece) }
                } catch {
                    cancelled.wrappingAdd(1, ordering: .relaxed)
                }
            }
        }
        router.stream("/odd/events") { [self] _ in
            .events(heartbeat: .milliseconds(200)) { [self] writer in
                for number in 1...3 {
                    try await writer.send(ServerSentEvent("event \(number)", event: "count", id: "\(number)"))
                }
                await sleep(.seconds(60))
            }
        }
        router.upgrade("/odd/echo") { _, _ throws(Problem) in UpgradeAnswer(handler: Echo()) }
    }

    private func sleep(_ duration: Duration) async {
        do {
            try await Task.sleep(for: duration)
        } catch {
            cancelled.wrappingAdd(1, ordering: .relaxed)
        }
    }
}

/// Sends back what comes.
private final class Echo: WebSocketHandler {
    func webSocketOpened(_ socket: WebSocket) {}
    func webSocket(_ socket: WebSocket, text: Span<UInt8>) { _ = socket.send(text: text) }
    func webSocket(_ socket: WebSocket, binary: Span<UInt8>) { _ = socket.send(binary: binary) }
    func webSocketDrained(_ socket: WebSocket) {}
    func webSocketClosed(_ socket: WebSocket, _ ending: WebSocketEnding) {}
}
