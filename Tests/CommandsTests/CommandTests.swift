import Commands
import Synchronization
import Telemetry
import Testing
import Wording

/// Keeps what is printed.
final class Printed: Sendable {
    private let texts = Mutex((output: "", errors: ""))

    var output: String { texts.withLock { $0.output } }
    var errors: String { texts.withLock { $0.errors } }

    /// - Parameter end: what writing ends with after so many lines.
    func console(
        isTerminal: Bool = false, after lines: Int = .max, end: FileWriting.Outcome = .readerGone
    ) -> Console {
        Console(
            isTerminal: isTerminal, style: TerminalStyle(isTerminal: isTerminal) { _ in nil },
            output: { bytes in
                self.texts.withLock {
                    guard $0.output.split(separator: "\n").count < lines else { return end }
                    $0.output += String(decoding: bytes, as: UTF8.self)
                    return .written
                }
            },
            errorOutput: { bytes in
                self.texts.withLock { $0.errors += String(decoding: bytes, as: UTF8.self) }
            })
    }
}

enum Codec: String, CaseIterable, Sendable {
    case muLaw = "ulaw"
    case opus
}

enum Inputs {
    static let url = Option(required: "url", "URL", .text, help: "Where to connect.")
    static let calls = Option("calls", "N", .integer(1...100), default: 1, help: "How many at once.")
    static let codec = Option("codec", "CODEC", .choice, default: Codec.muLaw, help: "What the phone speaks.")
    static let out = Option("out", "FILE", .text, help: "Where to write what was heard.")
    static let set = Option(repeated: "set", "KEY=VALUE", .text, help: "Sets a setting.")
    static let json = Option(flag: "json", help: "For programs.")
    static let file = Argument("FILE", .text, help: "The capture.")
    static let speed = Argument(optional: "SPEED", .integer(1...10), help: "How fast.")
    static let ids = Argument(repeated: "ID", .text, help: "Calls.")
}

struct Broken: CommandFailure {
    let message = "the store is locked"
    let exitCode = ExitCode.temporary
}

struct Odd: Error {}

let program = Program(
    name: "patchbay", version: "1.2.3", summary: "a realtime media bridge",
    examples: [.init("patchbay serve", "runs the bridge")],
    commands: [
        Command(
            name: "call", summary: "is the phone",
            options: [Inputs.url, Inputs.calls, Inputs.codec, Inputs.out, Inputs.set, Inputs.json],
            examples: [.init("patchbay call --url ws://127.0.0.1:8080/twilio/media", "calls a local bridge")]
        ) { call in
            call.console.print(
                "\(call[Inputs.url]) \(call[Inputs.calls]) \(call[Inputs.codec].rawValue) \(call[Inputs.out] ?? "-") "
                    + "\(call[Inputs.set]) \(call[Inputs.json])")
            return .done
        },
        Command(name: "replay", summary: "plays a capture", arguments: [Inputs.file, Inputs.speed]) { call in
            call.console.print("\(call[Inputs.file]) \(call[Inputs.speed] ?? 0)")
            return .failed
        },
        Command(
            name: "calls", summary: "looks at calls",
            commands: [
                Command(name: "show", summary: "shows calls", arguments: [Inputs.ids], options: [Inputs.json]) { call in
                    for id in call[Inputs.ids] { call.console.print(id) }
                    return .done
                },
                Command(name: "busy", summary: "is busy") { _ in throw Broken() },
                Command(name: "odd", summary: "is odd") { _ in throw Odd() },
                Command(name: "endless", summary: "prints on and on") { call in
                    var lines = 0
                    while !call.console.isReaderGone, lines < 1_000 {
                        call.console.print("line")
                        lines += 1
                    }
                    return lines < 1_000 ? .done : .failed
                },
            ]),
    ])

@Suite("Commands")
struct CommandTests {
    private let printed = Printed()

    private func run(_ line: String, console: Console? = nil) async -> ExitCode {
        await program.run(line.split(separator: " ").map(String.init), console: console ?? printed.console())
    }

    @Test(
        "Read options and arguments in every usual spelling",
        arguments: [
            ("call --url ws://x", "ws://x 1 ulaw - [] false"),
            ("call --url=ws://x?a=b --calls=5 --codec opus --json", "ws://x?a=b 5 opus - [] true"),
            ("call --calls 2 --url a --url b --out -", #"b 2 ulaw - [] false"#),
            ("call --set a=1 --url=--odd --set=b=2", #"--odd 1 ulaw - ["a=1", "b=2"] false"#),
            ("calls show a --json b", "a\nb"),
            ("calls show -- --json -h", "--json\n-h"),
            ("calls show", ""),
        ])
    func spellings(line: String, result: String) async {
        #expect(await run(line) == .done)
        #expect(printed.output == (result.isEmpty ? "" : result + "\n"))
        #expect(printed.errors.isEmpty)
    }

    @Test("End with the exit code that the command gives")
    func exitCode() async {
        #expect(await run("replay a.capture 3") == .failed)
        #expect(printed.output == "a.capture 3\n")
    }

    @Test(
        "Refuse wrong usage with exit 2 and one line that says what would be right",
        arguments: [
            ("serv", "patchbay: there is no command 'serv'"),
            ("cals", "patchbay: there is no command 'cals'; did you mean 'call'?"),
            ("calls shwo", "patchbay calls: there is no command 'shwo'; did you mean 'show'?"),
            ("--verson", "patchbay: there is no option '--verson' before the command; did you mean '--version'?"),
            ("call", "patchbay call: --url is missing: expected some text"),
            ("call --urll=ws://secret", "patchbay call: there is no option '--urll'; did you mean '--url'?"),
            ("call --url", "patchbay call: --url needs a value: --url URL"),
            ("call --url --json", "patchbay call: --url needs a value: --url URL"),
            ("call --url=", "patchbay call: --url cannot be '': expected some text"),
            ("call --url a --json=yes", "patchbay call: --json takes no value"),
            (
                "call --url a --calls 0",
                "patchbay call: --calls cannot be '0': expected a whole number from 1 to 100"
            ),
            (
                "call --url a --codec ulw",
                "patchbay call: --codec cannot be 'ulw': expected ulaw, opus; did you mean 'ulaw'?"
            ),
            ("call --url a b", "patchbay call: 'b' is one word too many"),
            ("call -x", "patchbay call: there is no option '-x'"),
            ("replay", "patchbay replay: FILE is missing: The capture."),
            ("replay a x", "patchbay replay: SPEED cannot be 'x': expected a whole number from 1 to 10"),
            ("replay \u{1B}[2J 1 \u{1B}[2J", "patchbay replay: '\\u{1b}[2J' is one word too many"),
        ])
    func usageErrors(line: String, problem: String) async {
        #expect(await run(line) == .usage)
        let path = problem.prefix { $0 != ":" }
        #expect(printed.errors == "\(problem) ('\(path) --help' shows what there is)\n")
        #expect(printed.output.isEmpty)
    }

    @Test("Tell their version", arguments: ["--version", "-V"])
    func version(line: String) async {
        #expect(await run(line) == .done)
        #expect(printed.output == "patchbay 1.2.3\n")
    }

    @Test("What a command throws ends it with one line and its exit code")
    func failures() async {
        #expect(await run("calls busy") == .temporary)
        #expect(await run("calls odd") == .failed)
        #expect(printed.errors == "patchbay calls busy: the store is locked\npatchbay calls odd: Odd()\n")
    }

    @Test("A reader that leaves ends neither the process nor the command's sense")
    func goneReader() async {
        #expect(await run("calls endless", console: printed.console(after: 3)) == .done)
        #expect(printed.output == "line\nline\nline\n")
        #expect(printed.errors.isEmpty)
    }

    @Test("Results that are lost for any other reason are a failure that is told")
    func fullDisk() async {
        let console = printed.console(after: 1, end: .failed(reason: "no space left on device"))
        #expect(await run("calls show a b", console: console) == .failed)
        #expect(printed.errors == "patchbay: the results could not be written: no space left on device\n")
    }
}

@Suite("Help")
struct HelpTests {
    private let printed = Printed()

    private func run(_ words: [String], console: Console? = nil) async -> ExitCode {
        await program.run(words, console: console ?? printed.console())
    }

    @Test("The program's page lists its commands", arguments: ["--help", "-h", "help"])
    func programPage(word: String) async {
        #expect(await run([word]) == .done)
        #expect(
            printed.output == """
                patchbay: a realtime media bridge

                Usage
                  patchbay COMMAND [OPTIONS]

                Commands
                  call    is the phone
                  replay  plays a capture
                  calls   looks at calls

                Examples
                  patchbay serve  runs the bridge

                'patchbay COMMAND --help' tells more about a command.

                """)
    }

    @Test(
        "A command's page shows usage, options with their defaults, and examples",
        arguments: [["call", "--help"], ["call", "--url", "-h"], ["help", "call"]])
    func command(words: [String]) async {
        #expect(await run(words) == .done)
        #expect(
            printed.output == """
                patchbay call: is the phone

                Usage
                  patchbay call --url URL [OPTIONS]

                Options
                  --url URL        Where to connect. Required.
                  --calls N        How many at once. Default: 1.
                  --codec CODEC    What the phone speaks. Default: ulaw.
                  --out FILE       Where to write what was heard.
                  --set KEY=VALUE  Sets a setting. May be given several times.
                  --json           For programs.
                  --help           Show this page.

                Examples
                  patchbay call --url ws://127.0.0.1:8080/twilio/media
                                                  calls a local bridge

                """)
    }

    @Test("Arguments have their own part")
    func arguments() async {
        #expect(await run(["replay", "--help"]) == .done)
        #expect(printed.output.contains("  patchbay replay [OPTIONS] FILE [SPEED]\n"))
        #expect(printed.output.contains("Arguments\n  FILE   The capture.\n  SPEED  How fast.\n"))
    }

    @Test("Without a command the page goes to the errors, and it was wrong usage")
    func nothing() async {
        #expect(await run([]) == .usage)
        #expect(printed.output.isEmpty)
        #expect(printed.errors.hasPrefix("patchbay: a realtime media bridge\n\nUsage\n"))
        #expect(await run(["calls"]) == .usage)
        #expect(printed.errors.contains("patchbay calls: looks at calls\n"))
    }

    @Test("Colour is for a terminal alone")
    func colour() async {
        #expect(await run(["--help"], console: printed.console(isTerminal: true)) == .done)
        #expect(printed.output.contains("\u{1B}[1mCommands\u{1B}[0m"))
    }
}
