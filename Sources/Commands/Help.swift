internal import Wording

/// Writes the pages that `--help` shows.
struct Help {
    private static let width = 100

    let style: TerminalStyle
    private(set) var text = ""

    init(style: TerminalStyle) {
        self.style = style
    }

    /// The page of the program or of a group.
    mutating func group(_ path: String, summary: String, commands: [Command], examples: [Command.Example]) {
        title(path, summary)
        section("Usage", rows: [("\(path) COMMAND [OPTIONS]", "")])
        section("Commands", rows: commands.map { ($0.name, $0.summary) })
        section("Examples", rows: examples.map { ($0.line, $0.does) })
        text += "\n'\(path) COMMAND --help' tells more about a command.\n"
    }

    /// The page of a command.
    mutating func command(
        _ path: String, summary: String, inputs: [any CommandInput], sections: [Command.Section] = [],
        examples: [Command.Example]
    ) {
        title(path, summary)
        let forms = inputs.map(\.form)
        let positionals = forms.filter { $0.isPositional }
        let named = forms.filter { !$0.isPositional }
        let required = named.filter(\.isRequired).map { " \($0.usage)" }.joined()
        let places = positionals.map { $0.isRequired ? " \($0.placeholder)" : " [\($0.placeholder)]" }.joined()
        section("Usage", rows: [("\(path)\(required) [OPTIONS]\(places)", "")])
        section("Arguments", rows: positionals.map { ($0.placeholder, $0.help) })
        section("Options", rows: named.map { ($0.usage, $0.fullHelp) } + [("--help", "Show this page.")])
        for part in sections { section(part.title, rows: part.rows) }
        section("Examples", rows: examples.map { ($0.line, $0.does) })
    }

    private mutating func title(_ path: String, _ summary: String) {
        text += "\(style.paint(path, .bold)): \(summary)\n"
    }

    /// Two columns; a wide left one puts its right one on the next line.
    private mutating func section(_ name: String, rows: [(left: String, right: String)]) {
        guard !rows.isEmpty else { return }
        text += "\n\(style.paint(name, .bold))\n"
        let column = min(32, (rows.map(\.left.count).max() ?? 0) + 2)
        for row in rows {
            guard !row.right.isEmpty else {
                text += "  \(row.left)\n"
                continue
            }
            let lines = row.right.wrapped(to: Self.width - column - 2)
            let isWide = row.left.count + 2 > column
            let gap = String(repeating: " ", count: column)
            text += "  \(row.left)"
            text += isWide ? "\n  \(gap)" : String(repeating: " ", count: column - row.left.count)
            text += lines.joined(separator: "\n  \(gap)") + "\n"
        }
    }
}

extension InputForm {
    fileprivate var isPositional: Bool {
        switch place {
        case .positional: true
        case .named: false
        }
    }

    /// `--listen ADDRESS`
    fileprivate var usage: String {
        placeholder.isEmpty ? label : "\(label) \(placeholder)"
    }

    fileprivate var fullHelp: String {
        if isRequired { return "\(help) Required." }
        return defaultText.map { "\(help) Default: \($0)." } ?? help
    }
}
