public import Addresses

/// An address with a port, as STUN messages name one.
public struct TurnPeer: Hashable, Sendable, CustomStringConvertible {
    public let address: IPAddress
    public let port: UInt16

    public init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }

    public var description: String { HostPort(host: address.description, port: port).description }
}
