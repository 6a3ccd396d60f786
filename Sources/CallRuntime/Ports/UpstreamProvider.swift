public import CallCore
public import UpstreamWire

/// One vendor's upstream, as calls use it: how to reach it, what a session with it is, what its refusals mean.
public protocol UpstreamProvider: Sendable {
    var vendor: UpstreamVendor { get }

    /// The formats to ask for when the carrier speaks μ-law at 8 kHz.
    func formats(for agent: UpstreamAgent) -> UpstreamFormats

    /// The same when the carrier may speak better than that.
    func formats(for agent: UpstreamAgent, isWideband: Bool) -> UpstreamFormats

    /// - Throws: What no further attempt can change.
    func request(for agent: UpstreamAgent) throws(UpstreamFailure) -> UpstreamConnectRequest

    func session(_ setup: UpstreamSetup) -> any UpstreamSession

    func failure(of refusal: UpstreamRefusal) -> UpstreamFailure
}

extension UpstreamProvider {
    public func formats(for agent: UpstreamAgent, isWideband: Bool) -> UpstreamFormats { formats(for: agent) }
}
