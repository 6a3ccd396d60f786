internal import Wording

/// What is wrong with what a practice session was asked to do.
public enum PracticeError: Error, Hashable, Sendable {
    case unknownFault(String, hint: String)
    /// It has no meaning in this protocol.
    case foreignFault(String, PracticeProtocol)
    case unknownMoment(String)
    case faultValue(String, example: String)
    case unknownDirective(String, hint: String)
    case scriptLine(Int, problem: String)
    case directiveValue(name: String, value: String, expected: String)

    public var code: String {
        switch self {
        case .unknownFault: "practice.unknown_fault"
        case .foreignFault: "practice.foreign_fault"
        case .unknownMoment: "practice.unknown_moment"
        case .faultValue: "practice.fault_value"
        case .unknownDirective: "practice.unknown_directive"
        case .scriptLine: "practice.script_line"
        case .directiveValue: "practice.directive_value"
        }
    }

    public var message: String {
        switch self {
        case .unknownFault(let name, let hint): "there is no fault '\(shown(name))'\(hint)"
        case .foreignFault(let name, let spoken): "there is no fault '\(shown(name))' with \(spoken.rawValue)"
        case .unknownMoment(let text): "'\(shown(text))' is no moment: write one of \(Moment.forms)"
        case .faultValue(let text, let example): "the fault '\(shown(text))' is not written as it must be: \(example)"
        case .unknownDirective(let name, let hint): "there is no setting '\(shown(name))'\(hint)"
        case .scriptLine(let line, let problem): "line \(line) of the script: \(problem)"
        case .directiveValue(let name, let value, let expected):
            "\(name) cannot be '\(shown(value))': expected \(expected)"
        }
    }

    private func shown(_ text: String) -> String {
        VisibleText.escaping(text, limit: 64)
    }
}
