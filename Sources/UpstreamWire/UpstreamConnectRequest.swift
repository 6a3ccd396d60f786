public import Addresses
public import Wording

/// The WebSocket to open. Who keeps or logs it sees no value of a header.
public struct UpstreamConnectRequest: Hashable, Sendable {
    public struct Header: Hashable, Sendable {
        public let name: String
        public let value: Secret

        public init(_ name: String, _ value: Secret) {
            self.name = name
            self.value = value
        }
    }

    public let url: WebURL
    public let headers: [Header]

    public init(url: WebURL, headers: [Header]) {
        self.url = url
        self.headers = headers
    }
}
