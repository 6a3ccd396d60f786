/// The head of a request. One that exists keeps all rules about its fields: host, framing, expectation.
public struct RequestHead: Hashable, Sendable {
    public let method: String
    /// Exactly as it came: signatures are made over these bytes.
    public let target: String
    public let version: HTTPVersion
    public let headers: Headers
    public let body: BodyFraming
    /// The client waits for `100 Continue` before it sends the body.
    public let expectsContinue: Bool

    public init(
        method: String, target: String, version: HTTPVersion = .http11, headers: Headers
    ) throws(HTTPViolation) {
        guard FieldSyntax.isToken(method.utf8.span) else { throw .malformedRequestLine }
        guard FieldSyntax.isTarget(target.utf8.span, for: method) else { throw .unsupportedTarget }
        try Self.checkHost(headers.values(of: "Host"), version: version)
        self.method = method
        self.target = target
        self.version = version
        self.headers = headers
        body = try BodyFraming(version: version, headers: headers) ?? .empty
        expectsContinue = try Self.expectsContinue(headers.values(of: "Expect"), version: version)
    }

    /// The target up to its query.
    public var path: Substring {
        target.prefix { $0 != "?" }
    }

    /// What follows the first question mark; nil without one.
    public var query: Substring? {
        target.firstIndex(of: "?").map { target[target.index(after: $0)...] }
    }

    /// Whether the client wants to send more requests on this connection.
    public var keepsAlive: Bool {
        headers.keepsAlive(version)
    }

    private static func checkHost(_ hosts: [String], version: HTTPVersion) throws(HTTPViolation) {
        guard let host = hosts.first else {
            if version == .http11 { throw .missingHost }
            return
        }
        guard hosts.count == 1 else { throw .duplicateHost }
        guard FieldSyntax.isHost(host.utf8.span) else { throw .invalidHost }
    }

    private static func expectsContinue(
        _ expectations: [String], version: HTTPVersion
    ) throws(HTTPViolation) -> Bool {
        guard version == .http11, !expectations.isEmpty else { return false }
        guard expectations.allSatisfy({ $0.equalsIgnoringCase("100-continue") }) else { throw .unsupportedExpectation }
        return true
    }
}

extension Headers {
    /// HTTP/1.1 goes on unless told to close, HTTP/1.0 ends unless asked to go on.
    func keepsAlive(_ version: HTTPVersion) -> Bool {
        switch version {
        case .http11: !list("Connection", contains: "close")
        case .http10: list("Connection", contains: "keep-alive") && !list("Connection", contains: "close")
        }
    }
}
