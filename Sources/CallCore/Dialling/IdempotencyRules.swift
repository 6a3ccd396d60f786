public import Timeline

/// A name that a client gives to what it asks for, so that asking twice does it once.
public struct IdempotencyKey: Hashable, Sendable {
    public static let lengthLimit = 255

    public let text: String
    /// Of what was asked for under this name.
    public let digest: String

    /// Nil for a name that is empty, too long, or not made of what is printed.
    public init?(_ text: String, digest: String) {
        guard (1...Self.lengthLimit).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else { return nil }
        self.text = text
        self.digest = digest
    }
}

/// What is kept of a key.
public struct KeptKey: Hashable, Sendable {
    public let digest: String
    public let call: CallID
    /// What was answered; nil while it was not.
    public let answer: String?
    public let at: UTCTime

    public init(digest: String, call: CallID, answer: String?, at: UTCTime) {
        self.digest = digest
        self.call = call
        self.answer = answer
        self.at = at
    }
}

/// What a request gets whose key was used before.
public enum IdempotencyRules {
    /// After this a key is as good as new.
    public static let lifetime = Duration.seconds(86_400)
    /// Longer than the first request takes for its answer, if it lives.
    public static let answering = Duration.seconds(10)

    public enum Verdict: Hashable, Sendable {
        /// The first answer again.
        case replay(String)
        /// The first request was cut off before its answer: what became of the call is the answer.
        case answerOf(CallID)
        /// The first request still runs.
        case running(retryAfter: Duration)
        /// The key stands for something else.
        case otherBody
    }

    public static func verdict(on kept: KeptKey, digest: String, at now: UTCTime) -> Verdict {
        guard kept.digest == digest else { return .otherBody }
        if let answer = kept.answer { return .replay(answer) }
        let age = now.millisecondsSince1970 - kept.at.millisecondsSince1970
        // A clock that was set back makes nobody wait.
        guard (0..<answering.wholeNanoseconds / 1_000_000).contains(age) else { return .answerOf(kept.call) }
        return .running(retryAfter: .seconds(1))
    }

    public static func isExpired(_ kept: UTCTime, at now: UTCTime) -> Bool {
        now.millisecondsSince1970 - kept.millisecondsSince1970 >= lifetime.wholeNanoseconds / 1_000_000
    }
}
