/// What a caller is to get once the bridge ended.
public enum BridgeSequel: Hashable, Sendable {
    /// None means that the call is over.
    case steps([CallerStep])
    /// The call goes on with its agent, on a new stream.
    case resume(CallRecord, Agent)
    /// Another node knows: the carrier is to ask again.
    case elsewhere
}
