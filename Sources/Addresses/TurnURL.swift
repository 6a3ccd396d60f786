/// The address of a STUN or TURN server, as browsers write it: `turn:turn.example.com:3478?transport=udp`.
public struct TurnURL: Hashable, Sendable, CustomStringConvertible {
    public enum Scheme: String, Sendable {
        case stun
        case stuns
        case turn
        case turns
    }

    public enum Transport: String, Sendable {
        case udp
        case tcp
    }

    public let scheme: Scheme
    public let endpoint: HostPort
    public let transport: Transport
    private let text: String

    public init?(_ text: some StringProtocol) {
        guard let colon = text.firstIndex(of: ":"), let scheme = Scheme(rawValue: text[..<colon].lowercased()) else {
            return nil
        }
        let isSecure = scheme == .stuns || scheme == .turns
        let parts = text[text.index(after: colon)...].split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var transport = isSecure ? Transport.tcp : .udp
        if parts.count == 2 {
            guard scheme == .turn || scheme == .turns, parts[1].hasPrefix("transport="),
                let given = Transport(rawValue: parts[1].dropFirst("transport=".count).lowercased())
            else { return nil }
            transport = given
        }
        guard let endpoint = Self.endpoint(parts[0], defaultPort: isSecure ? 5_349 : 3_478) else { return nil }
        self.scheme = scheme
        self.endpoint = endpoint
        self.transport = transport
        self.text = String(text)
    }

    public var description: String { text }

    public var isSecure: Bool { scheme == .stuns || scheme == .turns }
    /// Gives relays; else it only tells addresses.
    public var isRelay: Bool { scheme == .turn || scheme == .turns }

    private static func endpoint(_ text: some StringProtocol, defaultPort: UInt16) -> HostPort? {
        if let host = HostPort.host(text) { return HostPort(host: host, port: defaultPort) }
        guard !text.hasPrefix(":"), let endpoint = HostPort(text), endpoint.port > 0 else { return nil }
        return endpoint
    }
}
