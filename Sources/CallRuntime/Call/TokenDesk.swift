internal import CallCore
internal import Synchronization
internal import Timeline
public import Wording

/// Checks the tokens that streams present, each of which lets one stream in.
public final class TokenDesk: Sendable {
    private let secret: Secret
    /// A stream without a token is turned away, even one whose upgrade was signed.
    public let isRequired: Bool
    private let used = Mutex(UsedTokens())

    public init(secret: Secret, isRequired: Bool) {
        self.secret = secret
        self.isRequired = isRequired
    }

    func admit(_ text: String, call: String, agent: String, now: UTCTime) throws(StreamToken.Refusal) {
        let token = try StreamToken(checking: text, call: call, agent: agent, secret: secret, now: now)
        try used.withLock { (used) throws(StreamToken.Refusal) in try used.use(token, now: now) }
    }
}
