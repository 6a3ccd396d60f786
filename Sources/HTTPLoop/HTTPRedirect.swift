internal import Addresses
internal import HTTPWire

/// Why a redirect is not followed that the request had asked to follow.
public enum HTTPRedirectProblem: Hashable, Sendable {
    case tooMany(limit: Int)
    /// Location is no URL that we could ask.
    case unusable
    /// From https to http: what was private would not be any more.
    case unsafe

    var code: String {
        switch self {
        case .tooMany: "http_client.too_many_redirects"
        case .unusable: "http_client.unusable_redirect"
        case .unsafe: "http_client.unsafe_redirect"
        }
    }

    var message: String {
        switch self {
        case .tooMany(let limit): "The server sends us on and on: more than \(limit) redirects."
        case .unusable: "The server sends us to an address that cannot be asked."
        case .unsafe: "The server sends us from https to http, where anybody could listen."
        }
    }
}

extension HTTPClientRequest {
    /// What another origin may be told: nothing of it can be a secret.
    private static let harmless = ["Accept", "Accept-Encoding", "Accept-Language", "Content-Type", "User-Agent"]

    /// The request that a redirect asks for; nil when the response is none.
    func following(
        _ response: HTTPClientResponse, canBeSecure: Bool
    ) throws(HTTPClientError) -> HTTPClientRequest? {
        guard [301, 302, 303, 307, 308].contains(response.status), let location = response.headers["Location"] else {
            return nil
        }
        guard let next = try? url.resolving(location), next.scheme == .http || next.scheme == .https,
            canBeSecure || !next.scheme.isSecure
        else { throw .redirect(.unusable) }
        guard next.scheme.isSecure || !url.scheme.isSecure else { throw .redirect(.unsafe) }
        var request = self
        request.url = next
        // 303 says so; after 301 and 302 everybody else asks for the page as well (RFC 9110 section 15.4).
        let asksForPage = response.status == 303 ? method != "HEAD" : response.status < 303 && method == "POST"
        if asksForPage {
            request.method = "GET"
            request.body = []
        }
        let isElsewhere = HTTPClientOrigin(next) != HTTPClientOrigin(url)
        request.headers = Headers(
            headers.fields.filter { field in
                if asksForPage, field.name.lowercased().hasPrefix("content-") { return false }
                return !isElsewhere || Self.harmless.contains { $0.lowercased() == field.name.lowercased() }
            })
        return request
    }
}
