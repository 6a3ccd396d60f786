/// How far a call is, as others may know it.
public enum CallPhase: UInt8, Sendable {
    /// Its socket has not said yet which call it is.
    case waiting
    /// The caller is on the line.
    case bridging
    /// The end is decided.
    case leaving
    /// The carrier's socket ended, and the carrier's word on the call is waited for.
    case settling
    case over
}

extension CallMachine {
    public var phase: CallPhase {
        switch state {
        case .waiting: .waiting
        case .bridging: .bridging
        case .leaving: .leaving
        case .settling: .settling
        case .ended: .over
        }
    }

    /// The call is ended from outside, without a word to anybody. Nil when it is over; else how it ended.
    public mutating func tornDown() -> EndReason? {
        defer { state = .ended }
        switch state {
        case .waiting: return .noStart
        case .bridging: return .stale
        case .leaving(let leaving): return leaving.reason
        case .settling(let settling): return CarrierReport.reason(seen: settling.seen)
        case .ended: return nil
        }
    }
}
