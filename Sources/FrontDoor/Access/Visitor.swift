public import Addresses
public import HTTPLoop
public import HTTPWire
public import SocketLoop

/// Where a request came from, as far as it can be believed.
public struct Visitor: Hashable, Sendable {
    public let head: RequestHead
    public let peer: SocketAddress
    /// It came over our own TLS.
    public let isSecure: Bool

    public init(head: RequestHead, peer: SocketAddress, isSecure: Bool) {
        self.head = head
        self.peer = peer
        self.isSecure = isSecure
    }

    public init(_ request: HTTPRequest) {
        self.init(head: request.head, peer: request.peer, isSecure: request.isSecure)
    }

    /// It comes from a program on this machine and was meant for this machine: a tunnel or a page in a browser that
    /// reaches us from here is not local.
    public var isLocal: Bool {
        guard peer.ip.isLoopback, let host = head.headers["Host"], let url = try? WebURL("http://\(host)") else {
            return false
        }
        return url.isLoopback && !isForwarded
    }

    /// Whoever sends one of these stands between us and somebody else.
    private var isForwarded: Bool {
        head.headers.fields.contains { field in
            let name = field.name.lowercased()
            return name.hasPrefix("x-forwarded-") || Self.forwardingHeaders.contains(name)
        }
    }

    private static let forwardingHeaders: Set<String> = [
        "forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "x-original-host", "x-original-for",
        "true-client-ip", "cf-connecting-ip", "cf-ray", "fly-client-ip", "fastly-client-ip",
    ]

    /// The nearest address that is none of these proxies.
    public func client(behind proxies: [AddressRange]) -> IPAddress {
        func isTrusted(_ address: IPAddress) -> Bool { proxies.contains { $0.contains(address) } }
        var client = peer.ip
        for hop in head.headers.list("X-Forwarded-For").reversed() {
            guard isTrusted(client), let address = Self.address(hop) else { return client }
            client = address
        }
        return client
    }

    /// With or without a port, as proxies write it.
    private static func address(_ text: String) -> IPAddress? {
        IPAddress(text) ?? HostPort(text).flatMap { IPAddress($0.host) }
    }

    /// The scheme and host that the request was sent to; nil when it does not say.
    func origin(behind proxies: [AddressRange]) -> WebURL? {
        var scheme = isSecure ? "https" : "http"
        var host = head.headers["Host"]
        if proxies.contains(where: { $0.contains(peer.ip) }) {
            // The first of a list is what the outermost proxy saw.
            let told = head.headers.list("X-Forwarded-Proto").first?.lowercased()
            if let told, ["http", "https"].contains(told) { scheme = told }
            host = head.headers.list("X-Forwarded-Host").first ?? host
        }
        return host.flatMap { try? WebURL("\(scheme)://\($0)") }
    }
}
