public import Wording

/// Why an upstream session ended or never began.
///
/// `detail` holds the vendor's own words, escaped; they are for people and never decide anything.
public enum UpstreamFailure: Error, Hashable, Sendable {
    /// The vendor ended the conversation in the ordinary way.
    case closedNormally(detail: PeerText)
    case sessionExpired(detail: PeerText)
    case invalidCredentials(detail: PeerText)
    case forbidden(detail: PeerText)
    case accountDisabled(detail: PeerText)
    case quotaExhausted(detail: PeerText)
    /// The model, agent or address is not there.
    case notFound(detail: PeerText)
    /// The vendor refused how the session is set up.
    case configurationRefused(detail: PeerText)
    /// The agent at the vendor may not be changed for one conversation. It can be had as it is.
    case overrideRefused(detail: PeerText)
    /// The vendor set up other audio formats than those that were asked for.
    case formatMismatch(detail: PeerText)
    /// The vendor will not have this conversation.
    case policy(detail: PeerText)
    case rateLimited(after: Duration?, detail: PeerText)
    case overloaded(after: Duration?, detail: PeerText)
    case serverError(after: Duration?, detail: PeerText)
    case connectionLost(detail: PeerText)
    /// The vendor broke the protocol, or says that we did.
    case protocolError(detail: PeerText)

    public var reason: UpstreamReason {
        switch self {
        case .closedNormally: .finished
        case .sessionExpired: .renew
        case .invalidCredentials, .forbidden, .accountDisabled, .notFound, .configurationRefused, .formatMismatch,
            .protocolError:
            .fallBack
        case .quotaExhausted: .quota
        case .policy: .giveUp
        case .rateLimited(let after, _), .overloaded(let after, _), .serverError(let after, _): .retry(after: after)
        case .connectionLost, .overrideRefused: .retry(after: nil)
        }
    }

    public var detail: PeerText {
        switch self {
        case .closedNormally(let detail), .sessionExpired(let detail), .invalidCredentials(let detail),
            .forbidden(let detail), .accountDisabled(let detail), .quotaExhausted(let detail), .notFound(let detail),
            .configurationRefused(let detail), .overrideRefused(let detail), .formatMismatch(let detail),
            .policy(let detail),
            .rateLimited(_, let detail), .overloaded(_, let detail), .serverError(_, let detail),
            .connectionLost(let detail), .protocolError(let detail):
            detail
        }
    }

    public var code: String {
        switch self {
        case .closedNormally: "upstream.closed_normally"
        case .sessionExpired: "upstream.session_expired"
        case .invalidCredentials: "upstream.invalid_credentials"
        case .forbidden: "upstream.forbidden"
        case .accountDisabled: "upstream.account_disabled"
        case .quotaExhausted: "upstream.quota_exhausted"
        case .notFound: "upstream.not_found"
        case .configurationRefused: "upstream.configuration_refused"
        case .overrideRefused: "upstream.override_refused"
        case .formatMismatch: "upstream.format_mismatch"
        case .policy: "upstream.policy"
        case .rateLimited: "upstream.rate_limited"
        case .overloaded: "upstream.overloaded"
        case .serverError: "upstream.server_error"
        case .connectionLost: "upstream.connection_lost"
        case .protocolError: "upstream.protocol_error"
        }
    }

    /// What happened and what to do about it, without the vendor's words.
    public var message: String {
        switch self {
        case .closedNormally: "The voice service ended the conversation."
        case .sessionExpired: "The voice service's session reached its longest age. A new one takes over."
        case .invalidCredentials: "The voice service does not accept the API key. Check that it is whole and valid."
        case .forbidden: "The API key may not do this. Check its permissions, its project and the region."
        case .accountDisabled: "The account at the voice service is switched off. Ask the voice service why."
        case .quotaExhausted: "The account at the voice service has no credit left. Add credit or raise its limit."
        case .notFound: "The voice service does not know this model, agent or address. Check their names."
        case .configurationRefused: "The voice service refused the agent's settings. Correct what its answer names."
        case .overrideRefused:
            "The agent at the voice service may not be changed for a call, so calls get it as it is set up there. Allow "
                + "the override that its answer names in the agent's security settings, or take it out here."
        case .formatMismatch: "The voice service set up other audio formats than asked for, so nothing was played."
        case .policy: "The voice service refuses this conversation by its policy."
        case .rateLimited: "The account sends more than the voice service allows. Ask for a higher limit or use less."
        case .overloaded: "The voice service is overloaded. It usually passes."
        case .serverError: "The voice service had an error of its own. It usually passes."
        case .connectionLost: "The connection to the voice service was lost."
        case .protocolError: "The voice service and Patchbay do not understand each other. This is worth a bug report."
        }
    }
}
