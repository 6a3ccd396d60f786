internal import CarrierWire
internal import HTTPWire
public import Wording

/// Whether a request really is the carrier's.
public struct CarrierAccess: Sendable {
    public enum Proof: Sendable {
        /// Each request is signed with one of these tokens.
        case signature([Secret])
        /// There is no token to check with, so only programs on this machine come in.
        case local
        /// Nothing is checked, since it was asked for.
        case none
    }

    private let proof: Proof
    private let address: PublicAddress

    public init(_ proof: Proof, at address: PublicAddress) {
        self.proof = proof
        self.address = address
    }

    /// Lets a webhook in or says why not.
    func check(_ visitor: Visitor, form: WebForm) throws(Problem) {
        switch proof {
        case .none: return
        case .local: try checkLocal(visitor)
        case .signature(let tokens):
            guard let request = address.signed(visitor, .form(form)) else { throw Self.noHost }
            try Self.check(visitor, tokens: tokens, against: [request])
        }
    }

    /// Lets an upgrade in or says why not. Returns whether it counts as signed.
    func checkUpgrade(_ visitor: Visitor) throws(Problem) -> Bool {
        switch proof {
        case .none: return false
        case .local:
            try checkLocal(visitor)
            return true
        case .signature(let tokens):
            guard visitor.head.headers.contains(Self.header) else {
                throw Problem(401, code: CarrierError.signatureMissing.code, CarrierError.signatureMissing.message)
            }
            let requests = address.signedUpgrades(visitor)
            guard !requests.isEmpty else { throw Self.noHost }
            try Self.check(visitor, tokens: tokens, against: requests)
            return true
        }
    }

    private static let header = "X-Twilio-Signature"

    /// Any of the ways in which it may have been signed is right.
    private static func check(
        _ visitor: Visitor, tokens: [Secret], against requests: [TwilioSignedRequest]
    ) throws(Problem) {
        let signature = TwilioSignature(tokens: tokens)
        var refusal = CarrierError.signatureMissing
        for request in requests {
            do throws(CarrierError) {
                return try signature.check(request, header: visitor.head.headers.values(of: header))
            } catch {
                refusal = error
            }
        }
        throw Problem(403, code: refusal.code, refusal.message)
    }

    private func checkLocal(_ visitor: Visitor) throws(Problem) {
        guard visitor.isLocal else {
            throw Problem(
                403, code: "carrier.no_auth_token",
                "Without twilio.auth_token (TWILIO_AUTH_TOKEN) requests cannot be checked, so only programs on this "
                    + "machine may call this path.")
        }
    }

    private static let noHost = Problem(
        400, code: "http.no_host", "The request names no host, so the URL that it was sent to is not known.")
}
