internal import HTTPLoop
public import HTTPWire
internal import Wording

/// An answer that says what is wrong, as a problem document (RFC 9457). Thrown by handlers.
public struct Problem: Error, Hashable, Sendable {
    public var status: Int
    /// Stable, for programs: `call.not_found`.
    public var code: String
    /// For people: what happened and what to do. It goes to the client as it is.
    public var detail: String
    /// The member of the request that is wrong.
    public var field: String?
    public var headers: Headers

    public init(_ status: Int, code: String, _ detail: String, field: String? = nil, headers: Headers = [:]) {
        self.status = status
        self.code = code
        self.detail = detail
        self.field = field
        self.headers = headers
    }

    init(_ refusal: HTTPRefusal) {
        self.init(refusal.status, code: refusal.code, refusal.message, headers: refusal.headers)
    }

    public static let notFound = Problem(404, code: "http.not_found", "There is nothing at this path.")

    static let malformedPath = Problem(
        400, code: "http.malformed_path",
        "The path holds a percent sign that is not followed by two hex digits, or "
            + "bytes that are no UTF-8.")

    /// What went wrong is for the log; the client learns under which id it stands there.
    static let internalError = Problem(
        500, code: "internal", "Something went wrong here. The log tells more under this request's id.")

    static func methodNotAllowed(_ allowed: [String]) -> Problem {
        let list = allowed.joined(separator: ", ")
        return Problem(
            405, code: "http.method_not_allowed", "This path knows \(list).", headers: ["Allow": list])
    }

    func response(_ id: RequestID) -> HTTPResponse {
        var json = JSONWriter()
        json.object { json in
            func member(_ name: String, _ value: String) {
                json.key(name)
                json.string(value)
            }
            member("type", "about:blank")
            member("title", ResponseHead(status: status).reason)
            json.key("status")
            json.integer(status)
            member("detail", detail)
            member("code", code)
            member("request_id", id.description)
            if let field { member("field", field) }
        }
        var all: Headers = ["Content-Type": "application/problem+json", "Cache-Control": "no-store"]
        all.append(contentsOf: headers)
        return HTTPResponse(status: status, headers: all, body: json.bytes)
    }
}
