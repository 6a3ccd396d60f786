public import CallCore
public import Timeline
public import UpstreamWire

/// One vendor's upstream, as calls use it: how to reach it, what a session with it is, what its refusals mean.
public protocol UpstreamProvider: Sendable {
    var vendor: UpstreamVendor { get }

    /// Whether a session tells after an interruption what the caller was really told.
    var correctsTranscripts: Bool { get }

    /// The formats to ask for when the carrier speaks μ-law at 8 kHz.
    func formats(for agent: UpstreamAgent) -> UpstreamFormats

    /// The same when the carrier may speak better than that.
    func formats(for agent: UpstreamAgent, isWideband: Bool) -> UpstreamFormats

    /// - Throws: What no further attempt can change.
    func opening(for agent: UpstreamAgent) throws(UpstreamFailure) -> UpstreamOpening

    func session(_ setup: UpstreamSetup) -> any UpstreamSession

    func failure(of refusal: UpstreamRefusal) -> UpstreamFailure

    /// A session of this agent's failed: what there is to learn for the next one.
    func failed(_ agent: UpstreamAgent, _ failure: UpstreamFailure)
}

extension UpstreamProvider {
    public func formats(for agent: UpstreamAgent, isWideband: Bool) -> UpstreamFormats { formats(for: agent) }
}

/// How a session's socket is come by.
public enum UpstreamOpening: Sendable {
    public typealias Question = @Sendable (_ deadline: Deadline) async throws(UpstreamFailure) -> UpstreamConnectRequest

    case open(UpstreamConnectRequest)
    /// The vendor has to be asked first where it may be opened, for each session anew. That may be done ahead of the
    /// call: an answer is good for minutes.
    case ask(Question)
}
