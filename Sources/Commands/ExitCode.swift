/// What the process says to whoever started it.
public enum ExitCode: Int32, Sendable {
    case done = 0
    /// A check or a call failed.
    case failed = 1
    /// Wrong usage or configuration.
    case usage = 2
    /// Worth trying again later: a port is taken, the store is locked.
    case temporary = 75
}

/// An error that ends a command with one line and an exit code of its own.
public protocol CommandFailure: Error {
    /// What is wrong, where, and what would be right.
    var message: String { get }
    var exitCode: ExitCode { get }
}

/// The command was not used as its help says.
public struct UsageError: CommandFailure, Hashable {
    public let message: String
    public var exitCode: ExitCode { .usage }

    public init(_ message: String) {
        self.message = message
    }
}
