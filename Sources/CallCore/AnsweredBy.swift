/// Who or what picked up, as answering-machine detection heard it.
public enum AnsweredBy: String, Hashable, Sendable {
    case human
    case machineStart = "machine_start"
    case machineEndBeep = "machine_end_beep"
    case machineEndSilence = "machine_end_silence"
    case machineEndOther = "machine_end_other"
    case fax
    case unknown

    public var isMachine: Bool {
        switch self {
        case .machineStart, .machineEndBeep, .machineEndSilence, .machineEndOther: true
        case .human, .fax, .unknown: false
        }
    }
}
