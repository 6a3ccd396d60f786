public import Commands
public import Configuration
public import PracticeKit
public import SocketLoop

// How the errors of the house end a command.

extension SocketError: CommandFailure {
    public var exitCode: ExitCode {
        switch self {
        case .addressTaken: .temporary
        case .addressRefused, .tlsUnusable: .usage
        case .loopUnavailable, .datagramRefused: .failed
        }
    }
}

extension ConfigurationError: CommandFailure {
    public var exitCode: ExitCode { .usage }
}

extension SoundFileError: CommandFailure {
    public var exitCode: ExitCode { .usage }
}
