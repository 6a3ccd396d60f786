public import CallCore
public import HTTPLoop
internal import HTTPWire
internal import MediaCore
internal import Synchronization
public import Timeline
public import UpstreamWire
internal import Wording

/// ElevenLabs' agents, or a server that speaks their protocol.
public struct ElevenLabsProvider: UpstreamProvider {
    public typealias Send = @Sendable (HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse

    /// For a signed URL: with the conversation's own connection it has to fit into one attempt.
    private static let patience = Duration.seconds(3)
    private static let answerLimit = 65_536

    private let connection: ElevenLabsConnection
    private let send: Send
    private let unchangeable = UnchangeableAgents()

    public init(_ connection: ElevenLabsConnection, client: HTTPClient) {
        self.init(connection) { request throws(HTTPClientError) in try await client.send(request) }
    }

    /// - Parameter send: How a signed URL is asked for.
    public init(_ connection: ElevenLabsConnection, send: @escaping Send) {
        self.connection = connection
        self.send = send
    }

    public var vendor: UpstreamVendor { .elevenLabs }

    public var correctsTranscripts: Bool { true }

    /// None can be asked for; these need no work, and whoever cares for phones has set the agent so.
    public func formats(for agent: UpstreamAgent) -> UpstreamFormats {
        UpstreamFormats(callerAudio: .muLaw8k, agentAudio: .muLaw8k)
    }

    public func opening(for agent: UpstreamAgent) throws(UpstreamFailure) -> UpstreamOpening {
        switch try connection.opening(agentID: agent.vendorAgentID) {
        case .open(let request): return .open(request)
        case .sign(let signing):
            return .ask { deadline throws(UpstreamFailure) in try await sign(signing, by: deadline) }
        }
    }

    public func session(_ setup: UpstreamSetup) -> any UpstreamSession {
        ElevenLabsSession(setup, mayOverride: !unchangeable.contains(name(of: setup.agent)))
    }

    /// Overrides are off unless an agent's owner allows them, and one that is not allowed ends the conversation. Nothing
    /// says so ahead, so the first refusal does: without overrides the same agent takes the call.
    public func failed(_ agent: UpstreamAgent, _ failure: UpstreamFailure) {
        if case .overrideRefused = failure { unchangeable.insert(name(of: agent)) }
    }

    private func name(of agent: UpstreamAgent) -> String { agent.vendorAgentID ?? connection.agentID ?? "" }

    public func failure(of refusal: UpstreamRefusal) -> UpstreamFailure {
        switch refusal {
        case .answer(let status, let headers, let body):
            ElevenLabsEnding.failure(httpStatus: status, body: body.span) { headers[$0.lowercased()] }
        case .unreachable(let words): .connectionLost(detail: PeerText(words))
        }
    }

    /// Whether it can be checked without opening a conversation, which would be billed: with a key and an agent of the
    /// node's own.
    public var canBeChecked: Bool { connection.apiKey != nil && connection.agentID != nil }

    /// Shows that network, key and agent are good by asking for a signed URL, which nobody uses.
    public func check(by deadline: Deadline) async throws(UpstreamFailure) {
        guard case .sign(let signing) = try connection.opening(agentID: nil) else { return }
        _ = try await sign(signing, by: deadline)
    }

    private func sign(
        _ signing: ElevenLabsConnection.Signing, by deadline: Deadline
    ) async throws(UpstreamFailure) -> UpstreamConnectRequest {
        var headers: Headers = ["Accept": "application/json"]
        for header in signing.headers { headers.append(header.name, header.value.revealed()) }
        let response: HTTPClientResponse
        do throws(HTTPClientError) {
            response = try await send(
                HTTPClientRequest(
                    signing.url, headers: headers, limit: Self.patience, deadline: deadline,
                    responseLimit: Self.answerLimit))
        } catch {
            throw Self.failure(of: error)
        }
        return try connection.signed(httpStatus: response.status, body: response.body.span) { response.headers[$0] }
    }

    private static func failure(of error: HTTPClientError) -> UpstreamFailure {
        let detail = PeerText("a signed URL was asked for in vain: \(error.message)")
        return switch error {
        case .dial, .deadline, .connection, .cancelled, .clientClosed: .connectionLost(detail: detail)
        case .tooManyWaiting: .overloaded(after: nil, detail: detail)
        case .malformedAnswer, .responseTooLarge, .redirect: .protocolError(detail: detail)
        case .unsendable: .configurationRefused(detail: detail)
        }
    }
}

/// Agents there that refused to be changed for a call, until the process ends.
private final class UnchangeableAgents: Sendable {
    private let names = Mutex<Set<String>>([])

    func contains(_ name: String) -> Bool { names.withLock { $0.contains(name) } }
    func insert(_ name: String) { names.withLock { _ = $0.insert(name) } }
}
