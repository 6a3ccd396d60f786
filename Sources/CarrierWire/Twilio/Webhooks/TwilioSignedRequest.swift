public import Addresses
internal import Digests

/// What a signature covers: the URL that the carrier asked for, in each way that it may have written it, and the body.
public struct TwilioSignedRequest: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        /// A GET or an upgrade.
        case none
        /// The fields are signed.
        case form(WebForm)
        /// Of any other type: the URL carries its SHA-256 as `bodySHA256`.
        case body([UInt8])
    }

    let urls: [String]
    private let target: String
    private let content: Content

    /// - Parameters:
    ///   - origin: Where the public reaches us. Only scheme, host and port are used.
    ///   - target: Path and query just as they came with the request.
    public init(origin: WebURL, target: String, content: Content) {
        self.init(origin: origin, targets: [target], content: content)
    }

    /// An upgrade to WebSocket, which is signed over the URL of the stream: `wss`, or `ws` without TLS.
    ///
    /// With and without a slash at the end count as the same, as Twilio's own advice on this is unclear.
    public init(upgradeAt origin: WebURL, target: String) {
        var origin = origin
        origin.scheme = origin.scheme.isSecure ? .wss : .ws
        let pathEnd = target.firstIndex(of: "?") ?? target.endIndex
        let (path, query) = (target[..<pathEnd], target[pathEnd...])
        let other = path.hasSuffix("/") ? String(path.dropLast()) : "\(path)/"
        self.init(origin: origin, targets: [target, "\(other)\(query)"], content: .none)
    }

    /// Twilio leaves the port out for calls and keeps it for messages, so both are right, whichever was configured.
    private init(origin: WebURL, targets: [String], content: Content) {
        let host = origin.host.contains(":") ? "[\(origin.host)]" : origin.host
        urls = targets.flatMap { target in
            [
                "\(origin.scheme.rawValue)://\(host)\(target)",
                "\(origin.scheme.rawValue)://\(host):\(origin.port)\(target)",
            ]
        }
        target = targets[0]
        self.content = content
    }

    var form: WebForm {
        switch content {
        case .form(let form): form
        case .none, .body: WebForm()
        }
    }

    /// The URL is signed, so the digest in it can be believed.
    func checkBody() throws(CarrierError) {
        guard case .body(let body) = content else { return }
        let query = target.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
        let name = "bodySHA256="
        guard let field = query.split(separator: "&").first(where: { $0.hasPrefix(name) }) else {
            throw .bodyDigestMissing
        }
        let expected = Array(Hex.text(of: SHA256.digest(of: body.span)).utf8)
        let given = Array(field.dropFirst(name.count).utf8)
        guard ConstantTime.areEqual(expected.span, given.span) else { throw .bodyDigestWrong }
    }
}
