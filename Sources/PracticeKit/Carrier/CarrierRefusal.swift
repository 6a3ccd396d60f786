internal import HTTPLoop
internal import HTTPWire
internal import Wording

/// What the carrier answers instead of what it was asked for, in its own code and words.
struct CarrierRefusal: Error, Hashable {
    let status: Int
    let code: Int
    let message: String

    init(_ status: Int, _ code: Int, _ message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    static func notFound(_ path: some StringProtocol) -> CarrierRefusal {
        CarrierRefusal(404, 20_404, "The requested resource \(PeerText(String(path))) was not found")
    }

    static func parameter(_ message: String) -> CarrierRefusal { CarrierRefusal(400, 20_001, message) }

    static let notInProgress = CarrierRefusal(400, 21_220, "Call is not in-progress. Cannot redirect.")
    static let wrongCredentials = CarrierRefusal(401, 20_003, "Authenticate")

    /// As the carrier answers this status, whatever it was asked.
    static func usual(_ status: Int) -> CarrierRefusal {
        switch status {
        case 400: CarrierRefusal(400, 20_001, "Invalid parameter")
        case 401: wrongCredentials
        case 403: CarrierRefusal(403, 20_005, "Account not active")
        case 404: CarrierRefusal(404, 20_404, "The requested resource was not found")
        case 429: CarrierRefusal(429, 20_429, "Too Many Requests")
        case 503: CarrierRefusal(503, 20_503, "Service Unavailable")
        default: CarrierRefusal(status, 20_500, "An internal server error has occurred")
        }
    }

    var response: HTTPResponse {
        var json = JSONWriter()
        json.object {
            $0.key("code")
            $0.integer(code)
            $0.member("message", message)
            $0.member("more_info", "https://www.twilio.com/docs/errors/\(code)")
            $0.key("status")
            $0.integer(status)
        }
        var headers: Headers = ["Content-Type": "application/json"]
        if status == 429 { headers.append("Retry-After", "1") }
        return HTTPResponse(status: status, headers: headers, body: json.bytes)
    }
}
