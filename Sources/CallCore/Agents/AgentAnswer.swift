internal import Digests

/// Who takes a call to one of our numbers.
public enum AgentAnswer: Hashable, Sendable {
    case agent(Agent, isCanary: Bool = false)
    case nobody(NotFound)

    /// Why nobody does.
    public enum NotFound: Hashable, Sendable {
        /// The number is not listed, and nobody answers those that are not.
        case number
        /// The number names an agent that does not exist.
        case agent(String)

        public var message: String {
            switch self {
            case .number:
                "No agent answers this number. Add it to numbers, or an agent named \(AgentDirectory.defaultAgent)."
            case .agent(let id):
                "The number names the agent \(id), which does not exist. Create it, or let the number name another one."
            }
        }
    }

    public var agent: Agent? {
        switch self {
        case .agent(let agent, _): agent
        case .nobody: nil
        }
    }
}

/// Whether an agent that exists can take a call now.
public enum AgentReadiness: Hashable, Sendable {
    case ready
    /// Neither its upstream nor that of whoever stands in for it is configured.
    case noUpstream
    /// Both failed so often of late that they are left alone.
    case upstreamsResting
    /// It has as many calls here as its limit allows.
    case full(limit: Int)
}

extension NumberEntry.Canary {
    /// Whether a call is among its share. A larger share takes the calls of a smaller one, and others.
    func takes(_ call: String, to number: String) -> Bool { Self.draw(call, to: number) < share }

    /// Evenly spread from 0 up to 1, and always the same for a call.
    static func draw(_ call: String, to number: String) -> Double {
        let digest = SHA256.digest(of: Array("canary \(number) \(call)".utf8).span)
        // As many bits as a Double holds exactly.
        let bits = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } >> 11
        return Double(bits) / Double(UInt64(1) << 53)
    }
}
