/// What the end of an upstream session asks for. Decided in the vendor's own folder, from codes and words that nobody
/// else reads.
public enum UpstreamReason: Hashable, Sendable {
    /// The conversation is over as agreed: a farewell, not a failure.
    case finished
    /// The session reached its age. A new one with the conversation so far goes on; not a failure either.
    case renew
    /// The same request may work in a moment; `after` is what the vendor asked for, if it did.
    case retry(after: Duration?)
    /// This upstream would refuse the same request again; another one may take it.
    case fallBack
    /// The account's money or allowance is used up: as `fallBack`, for every call of the account, and somebody must act.
    case quota
    /// Whoever takes over would end the same way.
    case giveUp

    /// A stable word for metrics and logs.
    public var code: String {
        switch self {
        case .finished: "finished"
        case .renew: "renew"
        case .retry: "retry"
        case .fallBack: "fall_back"
        case .quota: "quota"
        case .giveUp: "give_up"
        }
    }
}
