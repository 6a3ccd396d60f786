import Glibc

@main
struct Patchbay {
    static func main() {
        Signals.hold()
        var arguments = Array(CommandLine.arguments.dropFirst())
        let command = arguments.isEmpty ? "--help" : arguments.removeFirst()
        switch command {
        case "echo": exit(EchoCommand.run(arguments))
        case "--help", "-h":
            print("usage: patchbay echo --listen ADDRESS | --connect URL")
        default:
            Exit.fail("unknown command \(command); `patchbay --help` lists them", code: Exit.usage)
        }
    }
}

/// Exit codes, and the one line that goes with a failure.
enum Exit {
    static let done: Int32 = 0
    static let failed: Int32 = 1
    static let usage: Int32 = 2
    static let temporary: Int32 = 75

    static func fail(_ message: String, code: Int32) -> Never {
        complain(message)
        exit(code)
    }

    /// One line on standard error; standard output is for results alone.
    static func complain(_ message: String) {
        let line = "patchbay: \(message)\n"
        unsafe _ = write(STDERR_FILENO, line, line.utf8.count)
    }
}
