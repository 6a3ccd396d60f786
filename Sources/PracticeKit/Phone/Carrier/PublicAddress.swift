public import Addresses

/// The bridge has one address for the world and another one here. The carrier knows and signs the first; the phone
/// dials the second.
public struct PublicAddress: Hashable, Sendable {
    /// What the bridge's public URL begins with; nil: it is the one that is dialled.
    private let origin: WebURL?
    /// Nil: whatever is named is dialled as it is.
    private let here: WebURL?

    /// - Parameters:
    ///   - here: any URL of the bridge that can be dialled.
    ///   - publicURL: `https://voice.example.com`.
    public init(here: WebURL?, publicURL: WebURL?) {
        self.here = here
        origin = publicURL
    }

    /// The URL that the carrier would have asked for.
    public func known(_ url: WebURL) -> String {
        guard let origin, let here, url.authority == here.authority else { return url.description }
        let isStream = url.scheme == .ws || url.scheme == .wss
        let scheme = isStream ? (origin.scheme.isSecure ? "wss" : "ws") : (origin.scheme.isSecure ? "https" : "http")
        return "\(scheme)://\(origin.authority)\(url.target)"
    }

    /// Where a URL that the bridge named is reached from here. A path alone is one of the bridge's own.
    public func dialled(_ text: String) throws(WebURL.Problem) -> WebURL {
        let text = text.prefix { $0 != "#" }
        guard let here else { return try WebURL(String(text)) }
        if text.hasPrefix("/") { return try WebURL("\(webScheme(here))://\(here.authority)\(text)") }
        let url = try WebURL(String(text))
        guard let origin, url.host == origin.host, url.port == origin.port else { return url }
        let isStream = url.scheme == .ws || url.scheme == .wss
        let scheme = isStream ? (here.scheme.isSecure ? "wss" : "ws") : webScheme(here)
        return try WebURL("\(scheme)://\(here.authority)\(url.target)")
    }

    private func webScheme(_ url: WebURL) -> String { url.scheme.isSecure ? "https" : "http" }
}
