internal import Digests
public import Timeline
public import Wording

/// Lets one media stream in: for this call, with this agent, until it expires. Whoever shares the secret can check it.
public struct StreamToken: Hashable, Sendable {
    public static let usualLifetime = Duration.seconds(60)
    private static let purpose = "patchbay stream token 1"

    /// Why a stream does not get in.
    public enum Refusal: Error, Hashable, Sendable {
        case malformed
        /// Not made with this secret, for another call, or for another agent.
        case wrong
        case expired
        case used

        public var code: String {
            switch self {
            case .malformed: "token.malformed"
            case .wrong: "token.wrong"
            case .expired: "token.expired"
            case .used: "token.used"
            }
        }

        public var message: String {
            switch self {
            case .malformed: "The stream's token is none of ours."
            case .wrong: "The stream's token is for another call or agent, or was made with another secret."
            case .expired: "The stream's token has expired."
            case .used: "The stream's token was used before."
            }
        }
    }

    public let expiry: UTCTime
    private let code: String

    public init(call: String, agent: String, expiry: UTCTime, secret: Secret) {
        self.expiry = expiry
        code = Self.code(call: call, agent: agent, expiry: expiry, secret: secret)
    }

    /// Letters, digits and one dash, so it needs no escaping anywhere.
    public var text: String { "\(expiry.millisecondsSince1970)-\(code)" }

    /// Checks what a stream presents, all but whether it was used before.
    public init(
        checking text: String, call: String, agent: String, secret: Secret, now: UTCTime
    ) throws(Refusal) {
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, (1...15).contains(parts[0].utf8.count),
            parts[0].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let milliseconds = Int64(parts[0]), parts[1].utf8.count == 2 * SHA256.byteCount
        else { throw .malformed }
        let expiry = UTCTime(millisecondsSince1970: milliseconds)
        let right = Array(Self.code(call: call, agent: agent, expiry: expiry, secret: secret).utf8)
        guard ConstantTime.areEqual(Array(parts[1].utf8).span, right.span) else { throw .wrong }
        guard now < expiry else { throw .expired }
        self.expiry = expiry
        code = String(parts[1])
    }

    /// Each part with its length, so that no two of them can be taken for one.
    private static func code(call: String, agent: String, expiry: UTCTime, secret: Secret) -> String {
        let parts = [purpose, call, agent, String(expiry.millisecondsSince1970)]
        let message = Array(parts.map { "\($0.utf8.count):\($0)" }.joined().utf8)
        return Hex.text(of: HMAC.sha256(of: message.span, key: Array(secret.revealed().utf8).span))
    }
}

/// The tokens that were used and could still be shown again.
public struct UsedTokens: Hashable, Sendable {
    private let capacity: Int
    private var tokens: Set<StreamToken> = []
    /// When the next look for expired ones is worth it.
    private var sweepAt: UTCTime?

    /// - Parameter capacity: Past it the one that expires first is forgotten. Only our own calls make tokens, so this
    ///   takes that many calls within a token's lifetime.
    public init(capacity: Int = 100_000) {
        self.capacity = max(1, capacity)
    }

    public var count: Int { tokens.count }

    /// Takes a token that was checked, once.
    public mutating func use(_ token: StreamToken, now: UTCTime) throws(StreamToken.Refusal) {
        if let sweepAt, sweepAt <= now {
            tokens = tokens.filter { now < $0.expiry }
            self.sweepAt = nil
        }
        guard now < token.expiry else { throw .expired }
        guard !tokens.contains(token) else { throw .used }
        if tokens.count >= capacity, let first = tokens.min(by: { $0.expiry < $1.expiry }) { tokens.remove(first) }
        tokens.insert(token)
        // Not earlier than all of now's are gone, so that each token is looked at few times.
        sweepAt = sweepAt ?? token.expiry
    }
}
