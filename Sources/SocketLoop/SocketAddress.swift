public import Addresses
internal import CTransport
internal import Glibc

/// An address with a port: where a socket listens or what it is connected to.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    public let ip: IPAddress
    public let port: UInt16
    /// The interface of a link-local IPv6 address, else 0.
    public let scope: UInt32

    public init(_ ip: IPAddress, port: UInt16, scope: UInt32 = 0) {
        self.ip = ip
        self.port = port
        self.scope = scope
    }

    /// Nil if the host is a name.
    public init?(_ endpoint: HostPort) {
        guard let ip = IPAddress(endpoint.host) else { return nil }
        self.init(ip, port: endpoint.port)
    }

    public var endpoint: HostPort { HostPort(host: ip.description, port: port) }

    public var description: String { endpoint.description }
}

extension SocketAddress {
    /// Nil for families other than IPv4 and IPv6.
    init?(_ address: UnsafePointer<sockaddr>) {
        // SAFETY: whoever hands over a sockaddr hands over one as long as its family says.
        switch unsafe Int32(address.pointee.sa_family) {
        case AF_INET:
            let v4 = unsafe UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in.self)
            self.init(IPAddress(v4: UInt32(bigEndian: v4.sin_addr.s_addr)), port: UInt16(bigEndian: v4.sin_port))
        case AF_INET6:
            let v6 = unsafe UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self)
            let bits = unsafe withUnsafeBytes(of: v6.sin6_addr) { unsafe $0.loadUnaligned(as: UInt128.self) }
            self.init(
                IPAddress(bits: UInt128(bigEndian: bits)), port: UInt16(bigEndian: v6.sin6_port),
                scope: v6.sin6_scope_id)
        default:
            return nil
        }
    }

    init?(_ storage: sockaddr_storage) {
        // SAFETY: a sockaddr_storage begins as the sockaddr that it holds.
        let address = unsafe withUnsafePointer(to: storage) { whole in
            unsafe whole.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe SocketAddress($0) }
        }
        guard let address else { return nil }
        self = address
    }

    /// Lends the C form to `body`.
    func withSockaddr<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        if ip.isV4 {
            var v4 = sockaddr_in()
            v4.sin_family = sa_family_t(AF_INET)
            v4.sin_port = port.bigEndian
            v4.sin_addr.s_addr = UInt32(truncatingIfNeeded: ip.bits).bigEndian
            return unsafe Self.lend(v4, to: body)
        }
        var v6 = sockaddr_in6()
        v6.sin6_family = sa_family_t(AF_INET6)
        v6.sin6_port = port.bigEndian
        v6.sin6_scope_id = scope
        // SAFETY: both are 16 bytes.
        unsafe withUnsafeMutableBytes(of: &v6.sin6_addr) {
            unsafe $0.storeBytes(of: ip.bits.bigEndian, as: UInt128.self)
        }
        return unsafe Self.lend(v6, to: body)
    }

    private static func lend<Address, R>(_ address: Address, to body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        // SAFETY: every address structure begins as a sockaddr, and the pointer does not outlive `body`.
        unsafe withUnsafePointer(to: address) { whole in
            unsafe whole.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }
}
