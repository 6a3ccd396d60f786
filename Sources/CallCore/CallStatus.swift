/// Where a call stands, as its record shows it. The same words for every carrier.
public enum CallStatus: String, Hashable, Sendable, CaseIterable {
    case queued
    case initiated
    case ringing
    case inProgress = "in-progress"
    case completed
    case busy
    case noAnswer = "no-answer"
    case canceled
    case failed

    public var isFinal: Bool { rank == Self.finalRank }

    private static let finalRank = 4

    /// A call only moves to a higher rank; steps may be left out.
    var rank: Int {
        switch self {
        case .queued: 0
        case .initiated: 1
        case .ringing: 2
        case .inProgress: 3
        case .completed, .busy, .noAnswer, .canceled, .failed: Self.finalRank
        }
    }
}

/// Why a call ended. Each reason goes with one final status.
public enum EndReason: String, Hashable, Sendable, CaseIterable {
    case callerHangup = "caller-hangup"
    case agentHangup = "agent-hangup"
    case transferred
    case apiHangup = "api-hangup"
    case maxDuration = "max-duration"
    case upstreamFailed = "upstream-failed"
    case upstreamUnavailable = "upstream-unavailable"
    case stale
    case silence
    case noStart = "no-start"
    case protocolError = "protocol-error"
    case carrierFailed = "carrier-failed"
    case drainTimeout = "drain-timeout"
    case nodeLost = "node-lost"
    case storeFailed = "store-failed"
    case rejected
    case busy
    case noAnswer = "no-answer"
    case canceled

    public var status: CallStatus {
        switch self {
        case .callerHangup, .agentHangup, .transferred, .apiHangup, .maxDuration: .completed
        case .upstreamFailed, .upstreamUnavailable, .stale, .silence, .noStart, .protocolError, .carrierFailed,
            .drainTimeout, .nodeLost, .storeFailed, .rejected:
            .failed
        case .busy: .busy
        case .noAnswer: .noAnswer
        case .canceled: .canceled
        }
    }

    /// The reason for a final status that the carrier reports and nobody else has explained; nil while the call lives.
    public init?(carrierStatus status: CallStatus) {
        switch status {
        case .queued, .initiated, .ringing, .inProgress: return nil
        case .completed: self = .callerHangup
        case .busy: self = .busy
        case .noAnswer: self = .noAnswer
        case .canceled: self = .canceled
        case .failed: self = .carrierFailed
        }
    }
}
