internal import Glibc
internal import Synchronization
public import Telemetry
public import Wording

/// Where a command's words go: results to one side, everything said about them to the other.
///
/// When nobody reads the results any more (`… | head`), printing quietly does nothing; what runs on and on asks
/// `isReaderGone`.
public struct Console: Sendable {
    /// Colours for results; plain unless they go to a terminal.
    public let style: TerminalStyle
    /// Whether results go to a person: progress and the like are for them alone.
    public let isTerminal: Bool
    private let state = State()
    private let output: @Sendable ([UInt8]) -> FileWriting.Outcome
    private let errorOutput: @Sendable ([UInt8]) -> Void

    /// - Parameters:
    ///   - output: writes bytes of results.
    ///   - errorOutput: writes bytes of what is said about them.
    public init(
        isTerminal: Bool,
        style: TerminalStyle = .plain,
        output: @escaping @Sendable ([UInt8]) -> FileWriting.Outcome,
        errorOutput: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.isTerminal = isTerminal
        self.style = style
        self.output = output
        self.errorOutput = errorOutput
    }

    /// Standard output and standard error of this process, which from now on ignores SIGPIPE.
    public static func system(environment: (String) -> String?) -> Console {
        signal(SIGPIPE, SIG_IGN)
        let isTerminal = isatty(STDOUT_FILENO) == 1
        return Console(
            isTerminal: isTerminal,
            style: TerminalStyle(isTerminal: isTerminal, environment: environment),
            output: { FileWriting.write($0.span, to: STDOUT_FILENO) },
            errorOutput: { _ = FileWriting.write($0.span, to: STDERR_FILENO) })
    }

    /// Printing goes nowhere any more.
    public var isReaderGone: Bool { state.end.withLock { $0 != .written } }

    /// Why results were lost, when it is not that nobody wanted them.
    var lossReason: String? {
        guard case .failed(let reason) = state.end.withLock({ $0 }) else { return nil }
        return reason
    }

    /// A line of results.
    public func print(_ line: String) {
        write("\(line)\n")
    }

    /// Results that bring their own line ends.
    public func write(_ text: String) {
        guard !isReaderGone else { return }
        let outcome = output(Array(text.utf8))
        state.end.withLock { $0 = outcome }
    }

    /// A line about the results or their lack; nothing in it can act on a terminal.
    public func printError(_ line: String) {
        errorOutput(Array("\(VisibleText.singleLine(line))\n".utf8))
    }

    private final class State: Sendable {
        /// How the latest write ended; what follows anything but success is dropped.
        let end = Mutex(FileWriting.Outcome.written)
    }
}
