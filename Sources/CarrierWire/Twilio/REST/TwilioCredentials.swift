internal import MediaCore
public import Wording

/// With what we call Twilio: the account's own token, or an API key of the account.
public struct TwilioCredentials: Hashable, Sendable {
    /// All paths are of this account, whichever key is used.
    public let account: String
    private let user: String
    private let secret: Secret

    public init(account: String, authToken: Secret) {
        self.account = account
        user = account
        secret = authToken
    }

    public init(account: String, apiKey: String, apiKeySecret: Secret) {
        self.account = account
        user = apiKey
        secret = apiKeySecret
    }

    /// The value of the Authorization header.
    public var authorization: Secret {
        Secret("Basic \(Base64.text(of: "\(user):\(secret.revealed())".utf8.span))")
    }
}
