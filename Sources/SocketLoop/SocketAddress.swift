internal import CTransport
internal import Glibc

/// An IPv4 or IPv6 address with its port.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    public enum Family: Hashable, Sendable { case ipv4, ipv6 }

    public let family: Family
    /// The address in network order: 4 or 16 bytes.
    public let bytes: [UInt8]
    public var port: UInt16
    /// The interface of a link-local IPv6 address, else 0.
    public let scope: UInt32

    public init(family: Family, bytes: [UInt8], port: UInt16, scope: UInt32 = 0) {
        precondition(bytes.count == (family == .ipv4 ? 4 : 16))
        self.family = family
        self.bytes = bytes
        self.port = port
        self.scope = scope
    }

    /// Reads `127.0.0.1` or `::1`; nil for anything that is not a plain address.
    public init?(literal: String, port: UInt16) {
        var v4 = in_addr()
        var v6 = in6_addr()
        // SAFETY: inet_pton reads a terminated string and writes one address of the named family.
        if unsafe inet_pton(AF_INET, literal, &v4) == 1 {
            self.init(family: .ipv4, bytes: unsafe withUnsafeBytes(of: v4) { unsafe Array($0) }, port: port)
        } else if unsafe inet_pton(AF_INET6, literal, &v6) == 1 {
            self.init(family: .ipv6, bytes: unsafe withUnsafeBytes(of: v6) { unsafe Array($0) }, port: port)
        } else {
            return nil
        }
    }

    public var isLoopback: Bool {
        switch family {
        case .ipv4: bytes[0] == 127
        case .ipv6:
            bytes == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
                || (isMappedIPv4 && bytes[12] == 127)
        }
    }

    private var isMappedIPv4: Bool {
        family == .ipv6 && bytes[0..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
    }

    /// The address without the port. A mapped address (`::ffff:1.2.3.4`) reads as the IPv4 address it is.
    public var host: String {
        if isMappedIPv4 {
            return SocketAddress(family: .ipv4, bytes: Array(bytes[12...]), port: port).host
        }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        // SAFETY: inet_ntop reads 4 or 16 bytes, as the family says, and writes a terminated string within the buffer.
        _ = unsafe bytes.withUnsafeBytes { source in
            unsafe inet_ntop(
                family == .ipv4 ? AF_INET : AF_INET6, source.baseAddress!, &text, socklen_t(INET6_ADDRSTRLEN))
        }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    public var description: String {
        family == .ipv4 || isMappedIPv4 ? "\(host):\(port)" : "[\(host)]:\(port)"
    }
}

extension SocketAddress {
    /// Nil for families other than IPv4 and IPv6.
    init?(_ address: UnsafePointer<sockaddr>) {
        // SAFETY: whoever hands over a sockaddr hands over one as long as its family says.
        switch unsafe Int32(address.pointee.sa_family) {
        case AF_INET:
            let v4 = unsafe UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in.self)
            self.init(
                family: .ipv4, bytes: unsafe withUnsafeBytes(of: v4.sin_addr) { unsafe Array($0) },
                port: UInt16(bigEndian: v4.sin_port))
        case AF_INET6:
            let v6 = unsafe UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self)
            self.init(
                family: .ipv6, bytes: unsafe withUnsafeBytes(of: v6.sin6_addr) { unsafe Array($0) },
                port: UInt16(bigEndian: v6.sin6_port), scope: v6.sin6_scope_id)
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
        // SAFETY: the stores are as long as the family's structure, and the pointer does not outlive `body`.
        switch family {
        case .ipv4:
            var v4 = sockaddr_in()
            v4.sin_family = sa_family_t(AF_INET)
            v4.sin_port = port.bigEndian
            unsafe withUnsafeMutableBytes(of: &v4.sin_addr) { unsafe $0.copyBytes(from: bytes) }
            return unsafe withUnsafePointer(to: v4) { whole in
                unsafe whole.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        case .ipv6:
            var v6 = sockaddr_in6()
            v6.sin6_family = sa_family_t(AF_INET6)
            v6.sin6_port = port.bigEndian
            v6.sin6_scope_id = scope
            unsafe withUnsafeMutableBytes(of: &v6.sin6_addr) { unsafe $0.copyBytes(from: bytes) }
            return unsafe withUnsafePointer(to: v6) { whole in
                unsafe whole.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
    }
}
