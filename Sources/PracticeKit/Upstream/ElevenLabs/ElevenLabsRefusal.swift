internal import HTTPLoop
internal import HTTPWire
internal import JSONWire

/// The answers with which the service refuses a request, with the bodies that it sends.
enum ElevenLabsRefusal {
    static var missingKey: HTTPResponse {
        response(
            401, "needs_authorization", "Neither authorization header nor xi-api-key received, please provide one.")
    }

    /// As a request that does not keep to the schema is answered.
    static var missingAgent: HTTPResponse {
        let problem: JSONValue = [
            "type": "missing", "loc": ["query", "agent_id"], "msg": "Field required", "input": nil,
        ]
        return json(422, ["detail": [problem]])
    }

    static func response(_ status: Int) -> HTTPResponse {
        switch status {
        case 401: response(401, "invalid_api_key", "Invalid API key")
        case 403: response(403, "forbidden", "You do not have access to this resource.")
        case 404: response(404, "agent_not_found", "The agent was not found.")
        case 429:
            response(
                429, "too_many_concurrent_requests",
                "Too many concurrent requests. Your current subscription is associated with a maximum of 4.",
                ["Retry-After": "2"])
        case 503: response(503, "system_busy", "We are currently experiencing heavy traffic, please try again later.")
        default: response(status, "internal_server_error", "An internal server error occurred.")
        }
    }

    private static func response(
        _ status: Int, _ name: String, _ message: String, _ headers: Headers = [:]
    ) -> HTTPResponse {
        json(status, ["detail": ["status": .string(name), "message": .string(message)]], headers)
    }

    static func json(_ status: Int, _ body: JSONValue, _ headers: Headers = [:]) -> HTTPResponse {
        var all: Headers = ["Content-Type": "application/json"]
        all.append(contentsOf: headers)
        return HTTPResponse(status: status, headers: all, body: body.bytes)
    }
}
