public import Wording

/// Why a TURN server is of no use to a client, told apart by who can do something about it.
public enum TurnFailure: Error, Hashable, Sendable {
    case unresolved(PeerText)
    case unreachable(PeerText)
    case untrusted(PeerText)
    /// It answers STUN and lets requests for a relay lie.
    case notTurn
    /// It gives relays to anybody.
    case openRelay
    case badCredentials
    case forbidden
    case badRequest(PeerText)
    /// The connection has a relay already, or what was asked for is unknown there.
    case allocationMismatch
    case wrongUser
    case familyUnsupported
    case transportUnsupported
    case quota
    case noCapacity
    case serverError(Int, PeerText)
    case redirect(TurnPeer?)
    case noRelay
    case protocolViolation(String)

    /// For programs.
    public var code: String {
        switch self {
        case .unresolved: "turn.dns"
        case .unreachable: "turn.unreachable"
        case .untrusted: "turn.tls"
        case .notTurn: "turn.not_turn"
        case .openRelay: "turn.open_relay"
        case .badCredentials: "turn.bad_credentials"
        case .forbidden: "turn.forbidden"
        case .badRequest: "turn.bad_request"
        case .allocationMismatch: "turn.allocation_mismatch"
        case .wrongUser: "turn.wrong_credentials"
        case .familyUnsupported: "turn.family_unsupported"
        case .transportUnsupported: "turn.transport_unsupported"
        case .quota: "turn.quota"
        case .noCapacity: "turn.no_capacity"
        case .serverError: "turn.server_error"
        case .redirect: "turn.redirect"
        case .noRelay: "turn.no_relay"
        case .protocolViolation: "turn.protocol"
        }
    }

    /// For people: what it means, and what to do.
    public var message: String {
        switch self {
        case .unresolved(let why):
            "Its name is not known (\(why)). Clients cannot find it either: look at the name in turn.urls and at the DNS."
        case .unreachable(let why):
            "It cannot be reached (\(why)). It is down, a firewall is in the way, or the port in turn.urls is wrong."
        case .untrusted(let why):
            "Its certificate is not accepted (\(why)). Browsers refuse it as well: renew it, or use the name it is for."
        case .notTurn:
            "It answers STUN but gives no relays. TURN is switched off there (coturn: --stun-only), or this is a STUN server."
        case .openRelay:
            "It gives relays to anybody, without credentials. That is a danger: switch authentication on (coturn: "
                + "--use-auth-secret or --lt-cred-mech, and no --no-auth)."
        case .badCredentials:
            "It does not accept the credentials. The secret or password is another one there, the user is unknown, or a "
                + "clock is wrong: compare turn.secret (or turn.username and turn.credential) with the server's, and both "
                + "clocks."
        case .forbidden: "It forbids what was asked for. Look at its lists of allowed and denied addresses."
        case .badRequest(let words): "It calls the request bad (\(words)). Its version may not know what is asked for."
        case .allocationMismatch:
            "It says that this connection has a relay already. Something between here and there may share ports."
        case .wrongUser: "It says that the relay belongs to another user. Something in between may share connections."
        case .familyUnsupported: "It gives no relay of this address family."
        case .transportUnsupported: "It gives no relay for UDP, which is what calls need."
        case .quota:
            "It works, but the user's or its own quota of relays is used up. Raise user-quota or total-quota, or look for "
                + "relays that are not released."
        case .noCapacity: "It works, but has no relay left: widen its range of ports, or add a server."
        case .serverError(let code, let words): "It has trouble of its own (\(code), \(words)). Look at its log."
        case .redirect(let peer):
            "It sends clients on to \(peer?.description ?? "another server"). Name that one in turn.urls if it is the right one."
        case .noRelay: "It says yes, but names no address for the relay. Look at its external address and relay ports."
        case .protocolViolation(let what): "It does not keep to the protocol: \(what). It is not safe to use."
        }
    }

    /// What an answer with an error means for a client.
    init(_ error: STUNError, alternate: TurnPeer?) {
        switch error.code {
        case 300: self = .redirect(alternate)
        case 400: self = .badRequest(error.words)
        case 401: self = .badCredentials
        case 403: self = .forbidden
        case 420: self = .protocolViolation("it does not know an attribute that every server must know")
        case 437: self = .allocationMismatch
        case 438: self = .protocolViolation("it calls the nonce stale that it has just given")
        case 440, 443: self = .familyUnsupported
        case 441: self = .wrongUser
        case 442: self = .transportUnsupported
        case 486: self = .quota
        case 508: self = .noCapacity
        default: self = .serverError(error.code, error.words)
        }
    }
}
