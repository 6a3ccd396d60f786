internal import Addresses
internal import CarrierWire
internal import FrontDoor
internal import HTTPLoop
internal import HTTPWire
internal import Wording

/// Paths that the carrier's published signatures are for and that the product does not have: each says whether a request
/// to it is signed.
struct SignedRoutes {
    private static let signature = TwilioSignature(
        tokens: [Secret("patchbay_test_auth_token_0001"), Secret("12345")])

    func add(to router: inout Router) {
        router.on("GET", "/twilio/voice") { try Self.check($0) }
        for path in ["/twilio/json", "/twilio/sms", "/twilio/gather", "/myapp.php"] {
            router.on("POST", RoutePath(stringLiteral: path)) { try Self.check($0) }
        }
    }

    private static func check(_ request: RouteRequest) throws -> HTTPResponse {
        let head = request.http.head
        // As if a proxy had taken TLS away.
        let origin = try WebURL("https://\(head.headers["Host"] ?? "")")
        let content: TwilioSignedRequest.Content =
            switch head.headers["Content-Type"] {
            case nil: .none
            case "application/x-www-form-urlencoded": .form(try WebForm(parsing: request.body.span))
            default: .body(request.body)
            }
        do throws(CarrierError) {
            try signature.check(
                TwilioSignedRequest(origin: origin, target: head.target, content: content),
                header: head.headers.values(of: "X-Twilio-Signature"))
        } catch {
            throw Problem(403, code: error.code, error.message)
        }
        return HTTPResponse(status: 204)
    }
}
