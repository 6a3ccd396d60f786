public import CallCore
public import Timeline
public import UpstreamWire

/// Opens sockets to upstreams, on the loop of the call that asks.
public protocol UpstreamDialing: AnyObject {
    /// Either `owner` hears `socketOpened`, or `failed` comes: exactly one of them, by the deadline, and never from inside
    /// this call.
    func dial(
        _ request: UpstreamConnectRequest, deadline: Deadline, owner: any CallSocketOwner,
        failed: @escaping (UpstreamRefusal) -> Void
    ) -> any UpstreamDial
}

/// A dial that is under way.
public protocol UpstreamDial: AnyObject {
    /// Neither `socketOpened` nor `failed` comes any more.
    func cancel()
}

/// Why no socket came about.
public enum UpstreamRefusal: Error, Hashable, Sendable {
    /// The server answered, and not with a socket.
    case answer(status: Int, headers: [String: String], body: [UInt8])
    /// It was not reached, or did not answer in time; in words.
    case unreachable(String)
}
