package import CallCore

/// Where the carrier's socket meets the line.
package final class CarrierEnd: CallSocketOwner {
    package let line: CallLine

    package init(_ line: CallLine) { self.line = line }

    package func socketOpened(_ socket: any CallSocket) {
        line.carrier = socket
        line.listener?.carrierOpened()
    }

    package func socket(_ socket: any CallSocket, received text: Span<UInt8>) {
        line.carrierReceived(text)
    }

    package func socketReceivedBinary(_ socket: any CallSocket) {
        line.listener?.carrierSentBinary()
    }

    package func socketDrained(_ socket: any CallSocket) {
        line.isCarrierBusy = false
        line.pump(at: line.loop.now)
    }

    package func socketClosed(_ socket: any CallSocket, _ end: CallSocketEnd) {
        line.carrier = nil
        line.listener?.carrierEnded(end)
    }
}

/// Where one upstream's socket meets the line. Once it is let go nothing of it counts any more.
package final class UpstreamEnd: CallSocketOwner {
    private var line: CallLine?
    /// Whose upstream this is; one that stands in may become the first.
    var side: UpstreamSide

    init(_ line: CallLine, side: UpstreamSide) {
        self.line = line
        self.side = side
    }

    func letGo() { line = nil }

    package func socketOpened(_ socket: any CallSocket) {
        guard let line else { return socket.kill() }
        switch side {
        case .first: line.connect(socket)
        case .standIn: line.connectStandIn(socket)
        }
    }

    package func socket(_ socket: any CallSocket, received text: Span<UInt8>) {
        switch side {
        case .first: line?.upstreamReceived(text)
        case .standIn: line?.standInReceived(text)
        }
    }

    /// No vendor of ours sends any.
    package func socketReceivedBinary(_ socket: any CallSocket) {
        line?.listener?.upstreamMisspoke("upstream.binary", "Binary messages are not part of the protocol.")
    }

    package func socketDrained(_ socket: any CallSocket) {}

    package func socketClosed(_ socket: any CallSocket, _ end: CallSocketEnd) {
        switch side {
        case .first: line?.upstreamClosed(end)
        case .standIn: line?.standInClosed(end)
        }
    }
}
