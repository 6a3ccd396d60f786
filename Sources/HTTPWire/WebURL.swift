/// Where a request goes: an http, https, ws or wss URL, taken apart. A user or password in it is refused, since a URL ends
/// up in logs.
public struct WebURL: Hashable, Sendable, CustomStringConvertible {
    public enum Scheme: String, Sendable {
        case http, https, ws, wss

        public var usesTLS: Bool { self == .https || self == .wss }
        public var usualPort: UInt16 { usesTLS ? 443 : 80 }
    }

    public let scheme: Scheme
    /// Without the brackets of an IPv6 address.
    public let host: String
    public let port: UInt16
    /// Path and query, at least "/".
    public let target: String

    /// Nil for anything that is not such a URL.
    public init?(_ text: String) {
        guard let mark = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: text[..<mark.lowerBound].lowercased())
        else { return nil }
        let rest = text[mark.upperBound...]
        let authorityEnd = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        guard let (host, port) = Self.split(String(rest[..<authorityEnd])) else { return nil }
        let target = rest[authorityEnd...].prefix { $0 != "#" }
        let whole = target.hasPrefix("/") ? String(target) : "/\(target)"
        guard FieldSyntax.isTarget(whole.utf8.span, for: "GET") else { return nil }
        self.scheme = scheme
        self.host = host
        self.port = port ?? scheme.usualPort
        self.target = whole
    }

    /// The value of a Host field: the port stands in it unless it is the scheme's usual one.
    public var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == scheme.usualPort ? name : "\(name):\(port)"
    }

    public var description: String { "\(scheme.rawValue)://\(authority)\(target)" }

    private static func split(_ authority: String) -> (host: String, port: UInt16?)? {
        guard FieldSyntax.isHost(authority.utf8.span) else { return nil }
        let hostEnd: String.Index
        if authority.hasPrefix("[") {
            hostEnd = authority.index(after: authority.firstIndex(of: "]")!)
        } else {
            hostEnd = authority.firstIndex(of: ":") ?? authority.endIndex
        }
        let host = authority[..<hostEnd].filter { $0 != "[" && $0 != "]" }
        guard hostEnd < authority.endIndex else { return (host, nil) }
        guard let port = UInt16(authority[authority.index(after: hostEnd)...]), port > 0 else { return nil }
        return (host, port)
    }
}
