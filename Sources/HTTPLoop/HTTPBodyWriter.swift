/// Why a streamed answer goes no further.
public enum HTTPStreamEnd: Error, Hashable, Sendable {
    case clientGone
    case clientTooSlow
    case cancelled
    case serverStopped

    public var code: String {
        switch self {
        case .clientGone: "http.client_gone"
        case .clientTooSlow: "http.client_too_slow"
        case .cancelled: "http.stream_cancelled"
        case .serverStopped: "http.server_stopped"
        }
    }

    public var message: String {
        switch self {
        case .clientGone: "The client ended the connection before the answer was complete."
        case .clientTooSlow: "The client did not take the answer in time and was cut off."
        case .cancelled: "The answer was given up before it was complete."
        case .serverStopped: "The server stopped before the answer was complete."
        }
    }
}

/// Writes the body of a streamed answer, from any task.
public struct HTTPBodyWriter: Sendable {
    private let connection: LoopBound<HTTPServerConnection>
    private let number: UInt64

    init(connection: LoopBound<HTTPServerConnection>, number: UInt64) {
        self.connection = connection
        self.number = number
    }

    /// Returns once there is room for more: a slow client holds up whoever writes to it.
    public func write(_ bytes: [UInt8]) async throws(HTTPStreamEnd) {
        guard !Task.isCancelled else { throw .cancelled }
        guard !bytes.isEmpty else { return }
        let end: HTTPStreamEnd? = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isAsked = connection.onLoop { connection in
                    connection.write(bytes, of: number) { continuation.resume(returning: $0) }
                }
                if !isAsked { continuation.resume(returning: .serverStopped) }
            }
        } onCancel: {
            connection.onLoop { $0.stopWaiting(number, .cancelled) }
        }
        if let end { throw end }
    }

    public func write(_ text: String) async throws(HTTPStreamEnd) {
        try await write(Array(text.utf8))
    }
}
