internal import CallCore

/// Where the carrier's socket meets the line.
final class CarrierEnd: CallSocketOwner {
    private let line: CallLine

    init(_ line: CallLine) { self.line = line }

    func socketOpened(_ socket: any CallSocket) {
        line.carrier = socket
        line.listener?.carrierOpened()
    }

    func socket(_ socket: any CallSocket, received text: Span<UInt8>) {
        line.carrierReceived(text)
    }

    func socketReceivedBinary(_ socket: any CallSocket) {
        line.listener?.carrierSentBinary()
    }

    func socketDrained(_ socket: any CallSocket) {
        line.isCarrierBusy = false
        line.pump(at: line.loop.now)
    }

    func socketClosed(_ socket: any CallSocket, _ end: CallSocketEnd) {
        line.carrier = nil
        line.listener?.carrierEnded(end)
    }
}

/// Where one upstream's socket meets the line. Once it is let go nothing of it counts any more.
final class UpstreamEnd: CallSocketOwner {
    private var line: CallLine?

    init(_ line: CallLine) { self.line = line }

    func letGo() { line = nil }

    func socketOpened(_ socket: any CallSocket) {
        guard let line else { return socket.kill() }
        line.connect(socket)
    }

    func socket(_ socket: any CallSocket, received text: Span<UInt8>) {
        line?.upstreamReceived(text)
    }

    /// No vendor of ours sends any.
    func socketReceivedBinary(_ socket: any CallSocket) {
        line?.listener?.upstreamMisspoke("upstream.binary", "Binary messages are not part of the protocol.")
    }

    func socketDrained(_ socket: any CallSocket) {}

    func socketClosed(_ socket: any CallSocket, _ end: CallSocketEnd) {
        line?.upstreamClosed(end)
    }
}
