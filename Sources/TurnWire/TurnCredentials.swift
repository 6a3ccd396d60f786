internal import Digests
internal import MediaCore
public import Timeline
public import Wording

/// How users of a TURN server are known to it.
public enum TurnCredentials: Hashable, Sendable {
    case fixed(username: String, password: Secret)
    /// A secret shared with the server: whoever has it can make names that are good until a time they carry.
    case timeLimited(secret: Secret)

    /// What to sign in with.
    ///
    /// - Parameters:
    ///   - user: Shows in the server's logs: no personal data.
    ///   - lifetime: How long a relay may be asked for; what has begun goes on. Of no effect on fixed ones.
    public func login(for user: String, lifetime: Duration, at now: UTCTime) -> TurnLogin {
        switch self {
        case .fixed(let username, let password): return TurnLogin(username: username, password: password)
        case .timeLimited(let secret):
            let expiry = now.millisecondsSince1970 / 1_000 + lifetime.components.seconds
            let username = "\(expiry):\(user)"
            let code = HMAC.sha1(of: Array(username.utf8).span, key: Array(secret.revealed().utf8).span)
            return TurnLogin(username: username, password: Secret(Base64.text(of: code.span)))
        }
    }
}

/// A name and what proves it.
public struct TurnLogin: Hashable, Sendable {
    public let username: String
    public let password: Secret

    public init(username: String, password: Secret) {
        self.username = username
        self.password = password
    }

    /// What requests are signed with, in a realm.
    func key(realm: [UInt8]) -> [UInt8] {
        let text = Array("\(username):".utf8) + realm + Array(":\(password.revealed())".utf8)
        return MD5.digest(of: text.span)
    }
}
