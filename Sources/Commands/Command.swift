/// One thing the program does, or a group of such.
public struct Command: Sendable {
    public struct Example: Hashable, Sendable {
        let line: String
        let does: String

        /// - Parameters:
        ///   - line: what to type, the program's name included.
        ///   - does: what comes of it, in a few words.
        public init(_ line: String, _ does: String) {
            self.line = line
            self.does = does
        }
    }

    /// A part of a command's help of its own: a small language, say.
    public struct Section: Sendable {
        let title: String
        let rows: [(left: String, right: String)]

        /// - Parameter rows: what is written, and what it does.
        public init(_ title: String, rows: [(String, String)]) {
            self.title = title
            self.rows = rows.map { (left: $0.0, right: $0.1) }
        }
    }

    public typealias Run = @Sendable (Invocation) async throws -> ExitCode

    enum Body: Sendable {
        case run(inputs: [any CommandInput], Run)
        case group([Command])
    }

    public let name: String
    public let summary: String
    let sections: [Section]
    let examples: [Example]
    let body: Body

    /// - Parameters:
    ///   - summary: one line, lower case, for the list of commands.
    ///   - run: carries it out; what it throws ends the command with one line.
    public init(
        name: String,
        summary: String,
        arguments: [any CommandInput] = [],
        options: [any CommandInput] = [],
        sections: [Section] = [],
        examples: [Example] = [],
        run: @escaping Run
    ) {
        self.name = name
        self.summary = summary
        self.sections = sections
        self.examples = examples
        body = .run(inputs: arguments + options, run)
    }

    /// A group: `calls list`, `calls show`.
    public init(name: String, summary: String, examples: [Example] = [], commands: [Command]) {
        self.name = name
        self.summary = summary
        sections = []
        self.examples = examples
        body = .group(commands)
    }
}

/// What a command was called with, checked.
public struct Invocation: Sendable {
    public let console: Console
    private let values: [String: any Sendable]

    init(console: Console, values: [String: any Sendable]) {
        self.console = console
        self.values = values
    }

    public subscript<Value>(option: Option<Value>) -> Value {
        value(of: option.form.label)
    }

    public subscript<Value>(argument: Argument<Value>) -> Value {
        value(of: argument.form.label)
    }

    private func value<Value>(of label: String) -> Value {
        guard let value = values[label] as? Value else {
            preconditionFailure("the command does not declare \(label)")  // Our bug, whatever was typed.
        }
        return value
    }
}
