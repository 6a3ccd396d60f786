/// A host and a port, to listen on or to reach.
public struct HostPort: Hashable, Sendable, CustomStringConvertible {
    /// A name or an address, without brackets.
    public let host: String
    /// 0 lets the system choose, when listening.
    public let port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// `127.0.0.1:8080`, `[::1]:0`, `localhost:80`, or `:8080` for every IPv4 address of this machine.
    public init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":"), let port = Self.port(text[text.index(after: colon)...]) else {
            return nil
        }
        let host = colon == text.startIndex ? "0.0.0.0" : Self.host(text[..<colon])
        guard let host else { return nil }
        self.init(host: host, port: port)
    }

    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Whether only this machine gets there.
    public var isLoopback: Bool {
        Self.isLoopback(host)
    }

    static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host.hasSuffix(".localhost") || IPAddress(host)?.isLoopback ?? false
    }

    /// Digits alone: no sign, no space.
    static func port(_ text: some StringProtocol) -> UInt16? {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return UInt16(text)
    }

    /// A name, an IPv4 address, or an IPv6 address in brackets; in lower case, without them.
    static func host(_ text: some StringProtocol) -> String? {
        if text.hasPrefix("["), text.hasSuffix("]") {
            let inner = String(text.dropFirst().dropLast())
            return inner.contains(":") && IPAddress(inner) != nil ? inner.lowercased() : nil
        }
        let isName = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isName, !text.isEmpty, text.utf8.count <= 253, !text.hasPrefix("."), !text.contains("..") else {
            return nil
        }
        // What looks like an IPv4 address must be one: resolvers read `127.1` or `0x7f.1` each in their own way.
        let lastLabel = text.split(separator: ".").last ?? ""
        let looksNumeric = lastLabel.utf8.first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? true
        guard !looksNumeric || IPAddress(text) != nil else { return nil }
        return text.lowercased()
    }
}
