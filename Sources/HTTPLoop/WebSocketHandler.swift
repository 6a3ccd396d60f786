public import HTTPWire

/// What a WebSocket tells its owner, always on its loop. Payloads are gone when the call returns.
public protocol WebSocketHandler: AnyObject {
    /// The handshake is done. Comes once, before anything else.
    func webSocketOpened(_ socket: WebSocket)
    /// A whole text message, checked to be UTF-8.
    func webSocket(_ socket: WebSocket, text: Span<UInt8>)
    func webSocket(_ socket: WebSocket, binary: Span<UInt8>)
    /// All that waited for a slow peer has gone out.
    func webSocketDrained(_ socket: WebSocket)
    /// It is over. Comes exactly once, last.
    func webSocketClosed(_ socket: WebSocket, _ ending: WebSocketEnding)
}

/// How a WebSocket ended.
public struct WebSocketEnding: Hashable, Sendable {
    public enum Cause: Hashable, Sendable {
        /// The peer sent its close frame first.
        case peer
        /// We did.
        case us
        /// The peer broke a rule of the protocol.
        case violation(WebSocketViolation)
        /// Nothing came from the peer, not even a pong, for the time allowed.
        case silence
        /// The peer does not take what we send.
        case slow
        /// The connection ended without a close frame, in the transport's words.
        case connection(String)
    }

    public let cause: Cause
    /// The close code as it was on the wire: the peer's if it sent one, else ours. 1005: a close frame without a code.
    /// 1006: no close frame came.
    public let code: UInt16
    public let reason: String

    public static let noCode: UInt16 = 1005
    public static let abnormal: UInt16 = 1006
}

/// What limits one WebSocket.
public struct WebSocketLimits: Hashable, Sendable {
    /// A message over it ends the connection with 1009, as soon as its length is known.
    public var messageBytes: Int
    /// What may wait for a slow peer. A message that would go over it is not sent: see `WebSocket.Sent.full`.
    public var waitingBytes: Int
    /// Between pings; zero sends none.
    public var heartbeat: Duration
    /// A peer from which nothing came for this long is given up; zero waits for ever.
    public var silence: Duration
    /// For the peer's answer to our close frame, and for a slow peer to take what waits when we close.
    public var closing: Duration

    public init(
        messageBytes: Int = 1 << 20, waitingBytes: Int = 1 << 20, heartbeat: Duration = .seconds(5),
        silence: Duration = .seconds(15), closing: Duration = .seconds(2)
    ) {
        self.messageBytes = messageBytes
        self.waitingBytes = waitingBytes
        self.heartbeat = heartbeat
        self.silence = silence
        self.closing = closing
    }
}
