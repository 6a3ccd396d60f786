/// One leg of a call: a socket of text messages, on the call's loop.
public protocol CallSocket: AnyObject {
    /// Sends now, or keeps it for a slow peer up to a limit.
    func send(text: Span<UInt8>) -> CallSocketSent
    /// Sends two texts, in one write where the socket can.
    func send(text: Span<UInt8>, then second: Span<UInt8>) -> CallSocketSent
    /// Says goodbye; the end is told to the owner within seconds.
    func close(code: UInt16, reason: String)
    /// Ends it without a word; the end is told to the owner.
    func kill()
    /// Tells that most of what comes in here leaves by `other`, by way of `objects`. Only speed depends on it.
    func feeds(_ other: any CallSocket, through objects: [AnyObject])
}

extension CallSocket {
    public func send(text: Span<UInt8>, then second: Span<UInt8>) -> CallSocketSent {
        switch send(text: text) {
        case .sent, .waiting: send(text: second)
        case .full: .full
        case .closed: .closed
        }
    }
}

public enum CallSocketSent: Hashable, Sendable {
    case sent
    /// The peer is slow; it waits. `socketDrained` tells when all has gone.
    case waiting
    /// The peer is so slow that nothing of it was taken.
    case full
    case closed
}

/// Who is told what comes in on a leg. Texts are gone when the call returns.
public protocol CallSocketOwner: AnyObject {
    /// Comes once, first.
    func socketOpened(_ socket: any CallSocket)
    func socket(_ socket: any CallSocket, received text: Span<UInt8>)
    func socketReceivedBinary(_ socket: any CallSocket)
    func socketDrained(_ socket: any CallSocket)
    /// Comes exactly once, last.
    func socketClosed(_ socket: any CallSocket, _ end: CallSocketEnd)
}

/// How a leg ended.
public struct CallSocketEnd: Hashable, Sendable {
    public enum Cause: Hashable, Sendable {
        /// The peer said goodbye first.
        case peer
        /// We did, or killed it.
        case us
        /// The peer broke a rule of the protocol.
        case violation
        /// Nothing came from it, not even an answer to a ping.
        case silence
        /// It did not take what we sent.
        case slow
        /// The connection ended without a goodbye.
        case lost
    }

    public let cause: Cause
    /// As it was on the wire; 1006 if there was none.
    public let code: UInt16
    /// The peer's words, or the transport's.
    public let words: String

    public init(_ cause: Cause, code: UInt16, words: String) {
        self.cause = cause
        self.code = code
        self.words = words
    }
}
