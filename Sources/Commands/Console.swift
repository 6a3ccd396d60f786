internal import Glibc
internal import Synchronization
internal import Telemetry
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
    private let output: @Sendable ([UInt8]) -> Bool
    private let errorOutput: @Sendable ([UInt8]) -> Bool

    /// - Parameters:
    ///   - output: writes bytes of results; false once the reader is gone.
    ///   - errorOutput: the same, for what is said about them.
    public init(
        isTerminal: Bool,
        style: TerminalStyle = .plain,
        output: @escaping @Sendable ([UInt8]) -> Bool,
        errorOutput: @escaping @Sendable ([UInt8]) -> Bool
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
            errorOutput: { FileWriting.write($0.span, to: STDERR_FILENO) })
    }

    public var isReaderGone: Bool { state.isReaderGone.load(ordering: .relaxed) }

    /// A line of results.
    public func print(_ line: String) {
        write("\(line)\n")
    }

    /// Results that bring their own line ends.
    public func write(_ text: String) {
        guard !isReaderGone else { return }
        if !output(Array(text.utf8)) { state.isReaderGone.store(true, ordering: .relaxed) }
    }

    /// A line about the results or their lack; nothing in it can act on a terminal.
    public func printError(_ line: String) {
        _ = errorOutput(Array("\(VisibleText.singleLine(line))\n".utf8))
    }

    private final class State: Sendable {
        let isReaderGone = Atomic(false)
    }
}
