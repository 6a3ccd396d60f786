public import Wording

/// Where the store keeps its data: `sqlite:FILE`, or `sqlite::memory:` for as long as the process lives.
public enum DatabaseLocation: Hashable, Sendable, CustomStringConvertible {
    case file(String)
    case memory

    init?(_ text: String) {
        guard text.hasPrefix("sqlite:") else { return nil }
        let path = String(text.dropFirst("sqlite:".count))
        switch path {
        case ":memory:": self = .memory
        case "": return nil
        default: self = .file(path)
        }
    }

    public var description: String {
        switch self {
        case .file(let path): "sqlite:\(path)"
        case .memory: "sqlite::memory:"
        }
    }

    /// What the file lies in, without the slash behind it; nil when that is the working directory or nowhere.
    public var directory: String? {
        guard case .file(let path) = self, let slash = path.lastIndex(of: "/") else { return nil }
        return String(path[..<slash])
    }
}

/// Lets a program into the API.
public struct APIToken: Hashable, Sendable {
    public let token: Secret
    public let isReadOnly: Bool

    /// `read:` before a token makes it read-only.
    init?(_ text: String) {
        isReadOnly = text.hasPrefix("read:")
        let token = isReadOnly ? String(text.dropFirst("read:".count)) : text
        guard !token.isEmpty else { return nil }
        self.token = Secret(token)
    }
}

/// How many calls a node takes at once.
public enum CallLimit: Hashable, Sendable {
    /// As many as loop lag and memory allow.
    case auto
    case unlimited
    case atMost(Int)
}

/// What readiness says of a node that takes no more calls.
public enum WhenFull: String, CaseIterable, Sendable {
    /// Stays ready and answers new calls with an apology, a transfer or busy.
    case ready
    /// For fleets behind a balancer that would send the call elsewhere.
    case unready
}

/// What Telnyx is sent.
public enum TelnyxCodec: Hashable, Sendable {
    case pcmu
    case pcma
    case opus
}

/// How a message of Telnyx holds an Opus packet.
public enum TelnyxOpusFraming: Hashable, Sendable {
    case packet
    case rtp
}

/// An agent or a number as the file gives it: checked for its shape, and kept as JSON for the API's own reader.
public struct Seed: Hashable, Sendable {
    /// The agent's id or the number.
    public let key: String
    public let json: String
    public let position: SourcePosition
}
