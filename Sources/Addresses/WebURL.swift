/// An absolute http, https, ws or wss URL without user name and fragment, fit to go into a request as it is.
public struct WebURL: Hashable, Sendable, CustomStringConvertible {
    public enum Scheme: String, CaseIterable, Sendable {
        case http
        case https
        case ws
        case wss

        public var isSecure: Bool { self == .https || self == .wss }
        public var defaultPort: UInt16 { isSecure ? 443 : 80 }
    }

    public enum Problem: Error, Hashable, Sendable {
        case notAURL
        case hasCredentials
        case hasFragment
    }

    public var scheme: Scheme
    /// In lower case, without brackets.
    public let host: String
    /// As written; nil stands for the scheme's own.
    public let explicitPort: UInt16?
    /// As written: empty, or from its slash on.
    public let path: String
    /// What follows the question mark, as written.
    public let query: String?

    public init(_ text: String) throws(Problem) {
        // Visible ASCII alone: whatever else it holds would have to be encoded, and we do not guess how.
        guard text.utf8.count <= 2_048,
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"\"<>\\^`{|}".utf8.contains($0) }),
            let schemeEnd = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: text[..<schemeEnd.lowerBound].lowercased())
        else { throw .notAURL }
        let rest = text[schemeEnd.upperBound...]
        guard !rest.contains("#") else { throw .hasFragment }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else { throw .hasCredentials }
        let target = rest[authority.endIndex...]
        let path = target.prefix { $0 != "?" }
        guard let (host, port) = Self.hostAndPort(authority) else { throw .notAURL }
        self.scheme = scheme
        self.host = host
        explicitPort = port
        self.path = String(path)
        query = path.endIndex < target.endIndex ? String(target[target.index(after: path.endIndex)...]) : nil
    }

    public var port: UInt16 { explicitPort ?? scheme.defaultPort }

    public var endpoint: HostPort { HostPort(host: host, port: port) }

    public var isLoopback: Bool { HostPort.isLoopback(host) }

    /// The host and, unless it is the scheme's own, the port: as in a Host header.
    public var authority: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return explicitPort.map { "\(host):\($0)" } ?? host
    }

    /// Path and query, as a request line wants them.
    public var target: String {
        "\(path.isEmpty ? "/" : path)\(query.map { "?\($0)" } ?? "")"
    }

    public var description: String {
        "\(scheme.rawValue)://\(authority)\(path)\(query.map { "?\($0)" } ?? "")"
    }

    private static func hostAndPort(_ authority: Substring) -> (String, UInt16?)? {
        let portColon = authority.lastIndex(of: ":").flatMap { authority[$0...].contains("]") ? nil : $0 }
        guard let portColon else { return HostPort.host(authority).map { ($0, nil) } }
        guard let host = HostPort.host(authority[..<portColon]),
            let port = HostPort.port(authority[authority.index(after: portColon)...]), port > 0
        else { return nil }
        return (host, port)
    }
}
