public import CallCore
internal import MediaCore
public import UpstreamWire
internal import Wording

/// OpenAI's Realtime API, or a server that speaks its protocol.
public struct OpenAIProvider: UpstreamProvider {
    private let connection: OpenAIConnection
    private let model: String

    /// - Parameter model: For agents that name none.
    public init(_ connection: OpenAIConnection, model: String) {
        self.connection = connection
        self.model = model
    }

    public var vendor: UpstreamVendor { .openAI }

    public var correctsTranscripts: Bool { false }

    /// What the phone speaks passes through untouched.
    public func formats(for agent: UpstreamAgent) -> UpstreamFormats {
        UpstreamFormats(callerAudio: .muLaw8k, agentAudio: .muLaw8k)
    }

    public func formats(for agent: UpstreamAgent, isWideband: Bool) -> UpstreamFormats {
        guard isWideband else { return formats(for: agent) }
        return UpstreamFormats(callerAudio: .pcm16(.hz24000), agentAudio: .pcm16(.hz24000))
    }

    public func opening(for agent: UpstreamAgent) throws(UpstreamFailure) -> UpstreamOpening {
        do {
            return .open(try connection.request(model: agent.model ?? model))
        } catch {
            throw .configurationRefused(detail: PeerText("the URL cannot be made: \(error)"))
        }
    }

    public func session(_ setup: UpstreamSetup) -> any UpstreamSession {
        OpenAISession(setup)
    }

    public func failure(of refusal: UpstreamRefusal) -> UpstreamFailure {
        switch refusal {
        case .answer(let status, let headers, let body):
            OpenAIEnding.failure(httpStatus: status, body: body.span) { headers[$0.lowercased()] }
        case .unreachable(let words): .connectionLost(detail: PeerText(words))
        }
    }

    /// Everything that an agent is comes from here, so there is nothing to learn.
    public func failed(_ agent: UpstreamAgent, _ failure: UpstreamFailure) {}
}
