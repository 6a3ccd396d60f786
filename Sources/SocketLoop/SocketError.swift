internal import Glibc

/// What stops a socket before it carries bytes.
public enum SocketError: Error, Hashable, Sendable {
    case loopUnavailable
    case addressTaken(SocketAddress)
    case addressRefused(SocketAddress, errno: Int32)
    case tlsUnusable(String)
    case datagramRefused(errno: Int32)

    /// Stable, for programs.
    public var code: String {
        switch self {
        case .loopUnavailable: "socket.loop_unavailable"
        case .addressTaken: "socket.address_taken"
        case .addressRefused: "socket.address_refused"
        case .tlsUnusable: "socket.tls_unusable"
        case .datagramRefused: "socket.datagram_refused"
        }
    }

    /// For people: what happened and what to do.
    public var message: String {
        switch self {
        case .loopUnavailable:
            "The event loop cannot start. Is the package libwebsockets-evlib-uv installed?"
        case .addressTaken(let address):
            "\(address) is taken by another process. Stop that one, or listen on another port."
        case .addressRefused(let address, let errno):
            "Cannot listen on \(address): \(describe(errno: errno))."
        case .tlsUnusable(let reason):
            "TLS cannot start: \(reason)."
        case .datagramRefused(let errno):
            "Cannot open a datagram socket: \(describe(errno: errno))."
        }
    }
}

/// The system's words for an error number.
public func describe(errno number: Int32) -> String {
    var text = [CChar](repeating: 0, count: 128)
    // SAFETY: the buffer is as long as stated, and the text is terminated within it.
    guard unsafe strerror_r(number, &text, text.count) == 0 else { return "error \(number)" }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
