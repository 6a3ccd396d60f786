internal import Digests
internal import Synchronization

/// The signatures in signed URLs: made with a key that dies with the process, and good for a quarter of an hour.
struct URLSignatures: ~Copyable, Sendable {
    static let lifetime: Int64 = 900

    /// What a URL is good for.
    struct Grant: Hashable {
        let agent: String
        /// The connection that the request for the URL began.
        let connection: Int
        /// Only one conversation may use it.
        let isSingleUse: Bool
        /// In seconds since 1970.
        let expires: Int64
    }

    enum Verdict: Hashable {
        case good(Grant)
        case expired
        case invalid
    }

    private let key: [UInt8]
    /// The connections whose URLs were used, each with the time from which on it need not be known.
    private let used = Mutex<[Int: Int64]>([:])
    private static let capacity = 10_000

    init() {
        var random = SystemRandomNumberGenerator()
        key = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    func sign(_ grant: Grant) -> String {
        let fields = "\(grant.expires).\(grant.connection).\(grant.isSingleUse ? 1 : 0)"
        return "cvtkn_\(fields).\(code(fields, grant.agent))"
    }

    private func code(_ fields: String, _ agent: String) -> String {
        let digest = HMAC.sha256(of: Array("\(fields) \(agent)".utf8).span, key: key.span)
        return digest.prefix(16).map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0\(text)" : text
        }.joined()
    }

    func check(_ signature: String, agent: String, at seconds: Int64) -> Verdict {
        guard signature.hasPrefix("cvtkn_") else { return .invalid }
        let parts = signature.dropFirst(6).split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, let expires = Int64(parts[0]), let connection = Int(parts[1]),
            code(parts[..<3].joined(separator: "."), agent) == parts[3]
        else { return .invalid }
        let grant = Grant(agent: agent, connection: connection, isSingleUse: parts[2] == "1", expires: expires)
        return seconds <= expires ? .good(grant) : .expired
    }

    /// Whether this is the first conversation that comes with the URL.
    func use(_ grant: Grant, at seconds: Int64) -> Bool {
        used.withLock { used in
            if used.count >= Self.capacity { used = used.filter { $0.value >= seconds } }
            return used.updateValue(grant.expires, forKey: grant.connection) == nil
        }
    }
}
