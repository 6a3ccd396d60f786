public import Addresses
public import Wording

/// How to reach OpenAI's Realtime API, or a server that speaks its protocol.
public struct OpenAIConnection: Hashable, Sendable {
    public static let defaultModel = "gpt-realtime-2.1"

    /// As it is set; a model is added unless the query names one.
    public var url: WebURL
    public var apiKey: Secret
    public var organization: String?
    public var project: String?

    public init(url: WebURL, apiKey: Secret, organization: String? = nil, project: String? = nil) {
        self.url = url
        self.apiKey = apiKey
        self.organization = organization
        self.project = project
    }

    /// - Parameters:
    ///   - model: What the agent names.
    ///   - safetyIdentifier: Stands for the end user, stable and telling nothing about them: a keyed hash of the number.
    /// - Throws: When the URL grows too long with the model.
    public func request(
        model: String?, safetyIdentifier: String? = nil
    ) throws(WebURL.Problem) -> UpstreamConnectRequest {
        let isAzure = url.host.hasSuffix(".azure.com")
        var headers = [
            isAzure
                ? UpstreamConnectRequest.Header("api-key", apiKey)
                : UpstreamConnectRequest.Header("Authorization", Secret("Bearer \(apiKey.revealed())"))
        ]
        if let organization { headers.append(.init("OpenAI-Organization", Secret(organization))) }
        if let project { headers.append(.init("OpenAI-Project", Secret(project))) }
        if let safetyIdentifier { headers.append(.init("OpenAI-Safety-Identifier", Secret(safetyIdentifier))) }
        return UpstreamConnectRequest(url: try url(naming: model ?? Self.defaultModel), headers: headers)
    }

    /// A session that joins a call by its id must not name a model.
    private func url(naming model: String) throws(WebURL.Problem) -> WebURL {
        let parameters = (url.query ?? "").split(separator: "&")
        if parameters.contains(where: { Self.settled.contains(String($0.prefix { $0 != "=" })) }) { return url }
        let separator = url.query == nil ? "?" : parameters.isEmpty ? "" : "&"
        return try WebURL("\(url)\(separator)model=\(QueryText.encoded(model))")
    }

    /// Parameters that leave no room for a model; a deployment is what Azure's preview calls one.
    private static let settled: Set<String> = ["model", "call_id", "intent", "deployment"]
}
