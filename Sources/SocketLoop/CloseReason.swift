internal import CTransport

/// Why a byte stream ended.
public enum CloseReason: Hashable, Sendable {
    /// We closed it, and all that was written reached the kernel.
    case local
    /// We killed it; what was not sent is lost.
    case killed
    /// The peer closed in order.
    case peer
    /// The peer closed a TLS stream without saying so: what came before may be cut.
    case truncated
    /// The network ended it, in the system's words.
    case failed(String)
    /// It never came up.
    case connect(String)
    case tls(String)

    public var code: String {
        switch self {
        case .local: "stream.closed"
        case .killed: "stream.killed"
        case .peer: "stream.peer_closed"
        case .truncated: "stream.truncated"
        case .failed: "stream.failed"
        case .connect: "stream.connect_failed"
        case .tls: "stream.tls_failed"
        }
    }

    public var message: String {
        switch self {
        case .local: "closed by us"
        case .killed: "ended by us at once"
        case .peer: "closed by the peer"
        case .truncated: "the peer ended the TLS stream without saying so"
        case .failed(let text), .connect(let text), .tls(let text): text
        }
    }

    init(_ why: pb_why, text: String) {
        switch why {
        case .PB_WHY_LOCAL: self = .local
        case .PB_WHY_KILLED: self = .killed
        case .PB_WHY_PEER: self = .peer
        case .PB_WHY_TRUNCATED: self = .truncated
        case .PB_WHY_FAILED: self = .failed(text)
        case .PB_WHY_CONNECT: self = .connect(text)
        case .PB_WHY_TLS: self = .tls(text)
        }
    }
}
