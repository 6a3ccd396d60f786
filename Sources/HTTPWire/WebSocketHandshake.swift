/// A client's side of the opening handshake (RFC 6455 section 4.1).
public struct WebSocketHandshake: Hashable, Sendable {
    private let key: WebSocketKey
    private let subprotocols: [String]
    /// What to send.
    public let request: RequestHead

    /// - Parameters:
    ///   - host: The host, with the port unless it is the scheme's usual one.
    ///   - keyBytes: 16 random bytes, fresh for each connection.
    ///   - headers: More fields to send, such as Authorization.
    public init(
        host: String, target: String, keyBytes: InlineArray<16, UInt8>, subprotocols: [String] = [],
        headers: Headers = [:]
    ) throws(HTTPViolation) {
        let key = WebSocketKey(bytes: keyBytes)
        var all: Headers = [
            "Host": host, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key.text,
            "Sec-WebSocket-Version": "13",
        ]
        if !subprotocols.isEmpty { all.append("Sec-WebSocket-Protocol", subprotocols.joined(separator: ", ")) }
        all.append(contentsOf: headers)
        self.key = key
        self.subprotocols = subprotocols
        request = try RequestHead(method: "GET", target: target, headers: all)
    }

    /// Checks the server's answer, and returns the subprotocol that it chose.
    ///
    /// Interim answers (`ResponseHead.isInterim`) are to be skipped before. When the upgrade was refused, the answer is
    /// an ordinary one: its body may be read by `ResponseHead.bodyFraming(answering:)`.
    public func check(_ answer: ResponseHead) throws(WebSocketHandshakeError) -> String? {
        guard answer.status == 101 else { throw .refused(answer) }
        let headers = answer.headers
        guard answer.version == .http11, headers.list("Upgrade").count == 1,
            headers.list("Upgrade", contains: "websocket")
        else { throw .notAWebSocket(answer) }
        guard headers.list("Connection", contains: "upgrade") else { throw .notAWebSocket(answer) }
        guard headers.values(of: "Sec-WebSocket-Accept") == [key.accept] else { throw .wrongProof(answer) }
        guard headers.list("Sec-WebSocket-Extensions").isEmpty else { throw .unwantedExtension(answer) }
        let chosen = headers.values(of: "Sec-WebSocket-Protocol")
        guard chosen.count <= 1, chosen.allSatisfy(subprotocols.contains) else { throw .unwantedSubprotocol(answer) }
        return chosen.first
    }
}

/// Why a server's answer did not open a WebSocket. Each case keeps the whole answer.
public enum WebSocketHandshakeError: Error, Hashable, Sendable {
    case refused(ResponseHead)
    case notAWebSocket(ResponseHead)
    case wrongProof(ResponseHead)
    case unwantedExtension(ResponseHead)
    case unwantedSubprotocol(ResponseHead)

    public var answer: ResponseHead {
        switch self {
        case .refused(let answer), .notAWebSocket(let answer), .wrongProof(let answer), .unwantedExtension(let answer),
            .unwantedSubprotocol(let answer):
            answer
        }
    }

    public var code: String {
        switch self {
        case .refused: "handshake.refused"
        case .notAWebSocket: "handshake.not_a_websocket"
        case .wrongProof: "handshake.wrong_proof"
        case .unwantedExtension: "handshake.unwanted_extension"
        case .unwantedSubprotocol: "handshake.unwanted_subprotocol"
        }
    }

    public var message: String {
        switch self {
        case .refused(let answer):
            "The server refused the WebSocket with \(answer.status) \(answer.reason). Check the URL and the credentials."
        case .notAWebSocket: "The server switched to something that is not a WebSocket. Check the URL."
        case .wrongProof: "The server's answer belongs to another request; something between us answers for it."
        case .unwantedExtension: "The server chose an extension that was not offered."
        case .unwantedSubprotocol: "The server chose a subprotocol that was not offered."
        }
    }
}
