internal import HTTPLoop
internal import HTTPWire
internal import JSONWire

/// The answers with which the service refuses an upgrade, with the bodies that it sends.
enum OpenAIRefusal {
    /// What a request without a key is answered.
    static var missingKey: HTTPResponse {
        let message = "Missing bearer or basic authentication in header"
        return response(401, VendorError(code: nil, message: message), challenge)
    }

    static func response(_ status: Int) -> HTTPResponse {
        let (error, headers) = error(status)
        return response(status, error, headers)
    }

    private static let challenge: Headers = ["WWW-Authenticate": #"Bearer realm="OpenAI API""#]

    private static func response(_ status: Int, _ error: VendorError, _ headers: Headers) -> HTTPResponse {
        var all: Headers = ["Content-Type": "application/json", "x-request-id": "req_practice"]
        all.append(contentsOf: headers)
        let body: JSONValue = [
            "error": [
                "message": .string(error.message), "type": .string(error.type), "param": .optional(error.param),
                "code": .optional(error.code),
            ]
        ]
        return HTTPResponse(status: status, headers: all, body: body.bytes)
    }

    private static func error(_ status: Int) -> (VendorError, Headers) {
        switch status {
        case 401:
            (
                VendorError(
                    code: "invalid_api_key",
                    message: "Incorrect API key provided. You can find your API key at your account page."),
                challenge
            )
        case 403:
            (
                VendorError(
                    type: "request_forbidden", code: "unsupported_country_region_territory",
                    message: "Country, region, or territory not supported"),
                [:]
            )
        case 404:
            (
                VendorError(
                    code: "model_not_found",
                    message: "The model does not exist or you do not have access to it."),
                [:]
            )
        case 429:
            (
                VendorError(
                    type: "requests", code: "rate_limit_exceeded",
                    message: "Rate limit reached for requests. Please try again in 2s."),
                ["Retry-After": "2", "x-ratelimit-remaining-requests": "0"]
            )
        case 503:
            (
                VendorError(
                    type: "service_unavailable_error", code: "server_is_overloaded",
                    message: "The engine is currently overloaded, please try again later."),
                [:]
            )
        default:
            (
                VendorError(
                    type: "server_error", code: nil,
                    message: "The server had an error while processing your request. Sorry about that!"),
                [:]
            )
        }
    }
}
