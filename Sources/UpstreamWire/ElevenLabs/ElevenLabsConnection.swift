public import Addresses
internal import JSONWire
public import Wording

/// How to reach ElevenLabs' conversations, or a server that speaks their protocol.
public struct ElevenLabsConnection: Hashable, Sendable {
    /// A base without a path; REST is the same base with http.
    public var url: WebURL
    /// With it conversations begin from a signed URL; without it only public agents can be reached.
    public var apiKey: Secret?
    /// For agents of ours that name none.
    public var agentID: String?

    private static let path = "/v1/convai/conversation"

    public init(url: WebURL, apiKey: Secret? = nil, agentID: String? = nil) {
        self.url = url
        self.apiKey = apiKey
        self.agentID = agentID
    }

    /// What to ask for before a conversation can be opened.
    public struct Signing: Hashable, Sendable {
        public let url: WebURL
        public let headers: [UpstreamConnectRequest.Header]
    }

    /// What is to be done first.
    public enum Opening: Hashable, Sendable {
        /// The conversation's socket may be opened.
        case open(UpstreamConnectRequest)
        /// An answer to this says where.
        case sign(Signing)
    }

    /// - Throws: When no agent is named, or the URL cannot be made.
    public func opening(agentID named: String?) throws(UpstreamFailure) -> Opening {
        guard let agentID = named ?? agentID else {
            throw .configurationRefused(
                detail: PeerText("no agent at ElevenLabs is named: set elevenlabs.agent_id or elevenlabs_agent_id"))
        }
        let query = "?agent_id=\(QueryText.encoded(agentID))"
        guard let apiKey else {
            return .open(UpstreamConnectRequest(url: try address(url.scheme, Self.path + query), headers: []))
        }
        let scheme: WebURL.Scheme = url.scheme.isSecure ? .https : .http
        return .sign(
            Signing(
                url: try address(scheme, "\(Self.path)/get-signed-url\(query)"),
                headers: [UpstreamConnectRequest.Header("xi-api-key", apiKey)]))
    }

    private func address(_ scheme: WebURL.Scheme, _ target: String) throws(UpstreamFailure) -> WebURL {
        guard let url = try? WebURL("\(scheme.rawValue)://\(url.authority)\(target)") else {
            throw .configurationRefused(detail: PeerText("the URL cannot be made: the agent's id is too long"))
        }
        return url
    }

    /// Reads the answer to a `Signing`. The URL is as good as a key for a quarter of an hour, and for one conversation.
    ///
    /// - Parameter header: The value of a header, whatever the case of its name.
    public func signed(
        httpStatus status: Int, body: Span<UInt8>, header: (String) -> String?
    ) throws(UpstreamFailure) -> UpstreamConnectRequest {
        guard status == 200 else {
            throw ElevenLabsEnding.failure(httpStatus: status, body: body, header: header)
        }
        guard let text = try? JSONObject(parsing: body).string("signed_url"), let signed = try? WebURL(text),
            signed.scheme == .wss || signed.scheme == .ws && !url.scheme.isSecure
        else {
            throw .protocolError(detail: PeerText("the answer holds no signed URL that can be opened"))
        }
        return UpstreamConnectRequest(url: signed, headers: [])
    }
}
