internal import Digests
internal import HTTPWire
public import Wording

/// Who may use the API: whoever shows a token, or, while there is none, a program on this machine.
public struct BearerTokens: Sendable {
    /// One token and what it opens.
    public struct Token: Sendable {
        fileprivate let digest: [UInt8]
        fileprivate let isReadOnly: Bool

        public init(_ token: Secret, isReadOnly: Bool) {
            digest = BearerTokens.digest(token.revealed())
            self.isReadOnly = isReadOnly
        }
    }

    private let tokens: [Token]
    private let isOpenLocally: Bool

    /// - Parameter isReachable: The bridge has been made known to the world, by a public URL or credentials of a carrier:
    ///   what comes from this machine may then come through a tunnel.
    public init(_ tokens: [Token], isReachable: Bool) {
        self.tokens = tokens
        isOpenLocally = tokens.isEmpty && !isReachable
    }

    /// Lets a request in or says why not.
    func check(_ visitor: Visitor) throws(Problem) {
        if tokens.isEmpty {
            guard isOpenLocally, visitor.isLocal else { throw Self.noTokenConfigured }
            return
        }
        guard let given = Self.token(in: visitor.head.headers) else { throw Self.tokenMissing }
        let digest = Self.digest(given)
        // All are compared, so that the time tells nothing of which came near.
        var found: Token?
        for token in tokens where ConstantTime.areEqual(token.digest.span, digest.span) {
            found = found.map { $0.isReadOnly ? token : $0 } ?? token
        }
        guard let found else { throw Self.tokenWrong }
        guard !found.isReadOnly || ["GET", "HEAD"].contains(visitor.head.method) else { throw Self.readOnly }
    }

    /// Of the same length for every token, so that not even the length shows in the time.
    fileprivate static func digest(_ token: String) -> [UInt8] {
        SHA256.digest(of: Array(token.utf8).span)
    }

    private static func token(in headers: Headers) -> String? {
        let values = headers.values(of: "Authorization")
        guard values.count == 1 else { return nil }
        let words = values[0].split(separator: " ", omittingEmptySubsequences: true)
        guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
        return String(words[1])
    }

    // MARK: refusals

    private static func unauthorized(_ code: String, _ detail: String) -> Problem {
        Problem(401, code: code, detail, headers: ["WWW-Authenticate": "Bearer realm=\"patchbay\""])
    }

    private static let noTokenConfigured = unauthorized(
        "auth.no_token_configured",
        "No token is configured, so only programs on this machine may come in, and only while neither public_url nor "
            + "Twilio credentials are set. Set PATCHBAY_API_TOKEN, or api_tokens in the file, and send "
            + "Authorization: Bearer TOKEN.")
    private static let tokenMissing = unauthorized(
        "auth.token_missing", "This path needs a token. Send Authorization: Bearer TOKEN, with one of api_tokens.")
    private static let tokenWrong = unauthorized(
        "auth.token_wrong", "The token is none of those in api_tokens (PATCHBAY_API_TOKEN).")
    private static let readOnly = Problem(
        403, code: "auth.read_only", "The token may only read. Use one that is not marked \"read:\".")
}
