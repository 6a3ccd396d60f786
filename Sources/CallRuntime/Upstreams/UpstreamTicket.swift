internal import CallCore
internal import UpstreamWire

/// An answer that was asked for while the phone rang, so that the caller does not wait for it. For one session.
struct UpstreamTicket: Sendable {
    let vendor: UpstreamVendor
    /// The agent on the vendor's side that it is good for.
    let vendorAgentID: String?
    /// Nil where none came: then it is asked for again. Ends by its own deadline.
    let request: Task<UpstreamConnectRequest?, Never>

    func isGood(for agent: UpstreamAgent, at vendor: UpstreamVendor) -> Bool {
        self.vendor == vendor && vendorAgentID == agent.vendorAgentID
    }
}
