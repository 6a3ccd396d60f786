internal import Wording

/// The program: finds the command that is meant, and turns how it ends into an exit code.
public struct Program: Sendable {
    private let name: String
    private let version: String
    private let root: Command

    public init(
        name: String, version: String, summary: String, examples: [Command.Example] = [], commands: [Command]
    ) {
        self.name = name
        self.version = version
        root = Command(name: name, summary: summary, examples: examples, commands: commands)
    }

    /// - Parameter arguments: as they were typed, without the program's own name.
    public func run(_ arguments: [String], console: Console) async -> ExitCode {
        if arguments.first == "--version" || arguments.first == "-V" {
            console.print("\(name) \(version)")
            return .done
        }
        // `help calls show` is `calls show --help`.
        let words = arguments.first == "help" ? Array(arguments.dropFirst()) + ["--help"] : arguments
        let exitCode = await run(root, path: name, words[...], console: console)
        guard let reason = console.lossReason else { return exitCode }
        console.printError("\(name): the results could not be written: \(reason)")
        return exitCode == .done ? .failed : exitCode
    }

    private func run(
        _ command: Command, path: String, _ words: ArraySlice<String>, console: Console
    ) async -> ExitCode {
        switch command.body {
        case .group(let commands):
            if let word = words.first, let next = commands.first(where: { $0.name == word }) {
                return await run(next, path: "\(path) \(next.name)", words.dropFirst(), console: console)
            }
            return choose(from: commands, of: command, path: path, words, console: console)
        case .run(let inputs, let run):
            if ArgumentParser.asksForHelp(words) {
                var help = Help(style: console.style)
                help.command(
                    path, summary: command.summary, inputs: inputs, sections: command.sections,
                    examples: command.examples)
                console.write(help.text)
                return .done
            }
            return await carryOut(run, inputs: inputs, path: path, words, console: console)
        }
    }

    /// No command of the group was named: shows them all, or says what is wrong.
    private func choose(
        from commands: [Command], of group: Command, path: String, _ words: ArraySlice<String>, console: Console
    ) -> ExitCode {
        guard let word = words.first, word != "--help", word != "-h" else {
            var help = Help(style: words.isEmpty ? .plain : console.style)
            help.group(path, summary: group.summary, commands: commands, examples: group.examples)
            guard words.isEmpty else {
                console.write(help.text)
                return .done
            }
            for line in help.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                console.printError(String(line))
            }
            return .usage
        }
        let shown = VisibleText.escaping(word.prefix { $0 != "=" }, limit: 64)
        if word.hasPrefix("-") {
            let hint = NearMiss.hint(for: word, among: ["--help", "--version"])
            return refuse("there is no option '\(shown)' before the command\(hint)", path: path, console: console)
        }
        let hint = NearMiss.hint(for: word, among: commands.map(\.name))
        return refuse("there is no command '\(shown)'\(hint)", path: path, console: console)
    }

    private func carryOut(
        _ run: Command.Run, inputs: [any CommandInput], path: String, _ words: ArraySlice<String>, console: Console
    ) async -> ExitCode {
        let values: [String: any Sendable]
        do {
            values = try ArgumentParser.values(of: words, for: inputs)
        } catch {
            return refuse(error.message, path: path, console: console)
        }
        do {
            return try await run(Invocation(console: console, values: values))
        } catch let failure as any CommandFailure {
            console.printError("\(path): \(failure.message)")
            return failure.exitCode
        } catch {
            console.printError("\(path): \(error)")
            return .failed
        }
    }

    private func refuse(_ problem: String, path: String, console: Console) -> ExitCode {
        console.printError("\(path): \(problem) ('\(path) --help' shows what there is)")
        return .usage
    }
}
