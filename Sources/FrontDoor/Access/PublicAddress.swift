public import Addresses
internal import CarrierWire
internal import HTTPWire

/// How the world reaches this bridge: as it was set, or as each request says.
public struct PublicAddress: Sendable {
    static let mediaPath = "/twilio/media"

    private let publicURL: WebURL?
    let streamURL: WebURL?
    let trustedProxies: [AddressRange]

    public init(publicURL: WebURL? = nil, streamURL: WebURL? = nil, trustedProxies: [AddressRange] = []) {
        self.publicURL = publicURL
        self.streamURL = streamURL
        self.trustedProxies = trustedProxies
    }

    func client(of visitor: Visitor) -> IPAddress { visitor.client(behind: trustedProxies) }

    /// A URL of ours, for whoever sent this request.
    func url(_ path: String, for visitor: Visitor) -> WebURL? {
        base(for: visitor).flatMap { try? WebURL("\($0)\(path)") }
    }

    /// What stands before all our paths, for whoever sent this request.
    func base(for visitor: Visitor) -> String? {
        origin(of: visitor).map { "\($0.scheme.rawValue)://\($0.authority)\($0.prefix)" }
    }

    /// The same for whoever asks, as far as it was set.
    func configured(_ path: String) -> WebURL? {
        publicURL.flatMap { try? WebURL("\($0.scheme.rawValue)://\($0.authority)\($0.prefix)\(path)") }
    }

    /// Where this very node's media socket is reached. A `stream_url` without a path means its usual place.
    func stream(for visitor: Visitor) -> WebURL? {
        guard let streamURL else { return url(Self.mediaPath, for: visitor)?.asWebSocket }
        return streamURL.prefix.isEmpty
            ? (try? WebURL("\(streamURL.scheme.rawValue)://\(streamURL.authority)\(Self.mediaPath)"))?.asWebSocket
            : streamURL.asWebSocket
    }

    /// What the carrier may have signed when it sent this webhook.
    func signed(_ visitor: Visitor, _ content: TwilioSignedRequest.Content) -> TwilioSignedRequest? {
        origin(of: visitor).map { origin in
            TwilioSignedRequest(origin: origin, target: "\(origin.prefix)\(visitor.head.target)", content: content)
        }
    }

    /// What the carrier may have signed when it asked for this upgrade: the URL that we gave it, or one that its own
    /// instructions name.
    func signedUpgrades(_ visitor: Visitor) -> [TwilioSignedRequest] {
        var requests: [TwilioSignedRequest] = []
        if streamURL != nil, let stream = stream(for: visitor) {
            let query = visitor.head.query.map { "?\($0)" } ?? ""
            requests.append(TwilioSignedRequest(upgradeAt: stream, target: "\(stream.path)\(query)"))
        }
        if let origin = origin(of: visitor) {
            let target = "\(origin.prefix)\(visitor.head.target)"
            requests.append(TwilioSignedRequest(upgradeAt: origin, target: target))
        }
        return requests
    }

    private func origin(of visitor: Visitor) -> WebURL? {
        publicURL ?? visitor.origin(behind: trustedProxies)
    }
}

extension WebURL {
    /// The path without a slash at its end: what stands before ours where a proxy hands on a part of its own.
    fileprivate var prefix: String {
        path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    fileprivate var asWebSocket: WebURL {
        var url = self
        url.scheme = scheme.isSecure ? .wss : .ws
        return url
    }
}
