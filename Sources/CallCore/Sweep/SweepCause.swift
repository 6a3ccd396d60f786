/// Why the sweep closed a record, as its event and report say.
public enum SweepCause: String, Hashable, Sendable, CaseIterable {
    case carrierFinal = "carrier-final"
    case unknownToCarrier = "unknown-to-carrier"
    case notResumed = "not-resumed"
    case carrierSilent = "carrier-silent"
    case noStream = "no-stream"
    case noSession = "no-session"
    case notDialled = "not-dialled"

    /// For people.
    public var words: String {
        switch self {
        case .carrierFinal: "the carrier says that it is over"
        case .unknownToCarrier: "the carrier knows no such call"
        case .notResumed: "its node died, and the caller did not come back"
        case .carrierSilent: "its node died or lost it, and the carrier gave no answer for too long"
        case .noStream: "its stream did not come, and there is no carrier to ask"
        case .noSession: "it was open for too long without a live session anywhere"
        case .notDialled: "it was not dialled in time"
        }
    }
}
