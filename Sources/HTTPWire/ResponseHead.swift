/// The head of a response.
public struct ResponseHead: Hashable, Sendable {
    public let version: HTTPVersion
    public let status: Int
    public let reason: String
    public var headers: Headers

    public init(version: HTTPVersion = .http11, status: Int, reason: String? = nil, headers: Headers = [:]) {
        self.version = version
        self.status = status
        self.reason = reason ?? Self.usualReason(for: status)
        self.headers = headers
    }

    /// An answer that says "go on"; the real one follows. 101 is final here: after it no HTTP follows.
    public var isInterim: Bool { (100...199).contains(status) && status != 101 }

    /// Whether the server will take more requests on this connection, as far as its fields say.
    public var keepsAlive: Bool { headers.keepsAlive(version) }

    /// How the body ends, which depends on what was asked.
    public func bodyFraming(answering method: String) throws(HTTPViolation) -> BodyFraming {
        let stated = try BodyFraming(version: version, headers: headers)
        if method == "HEAD" || status < 200 || status == 204 || status == 304 { return .empty }
        return stated ?? .untilClose
    }

    static func usualReason(for status: Int) -> String {
        switch status {
        case 100: "Continue"
        case 101: "Switching Protocols"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 206: "Partial Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 416: "Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 426: "Upgrade Required"
        case 428: "Precondition Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }
}
