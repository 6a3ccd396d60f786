internal import Commands
internal import Dispatch
internal import Glibc
internal import Synchronization

@main
struct Patchbay {
    static let version = "0.1.0"

    // Not `async`: waiting in the asynchronous main would end in `dispatch_main`, which takes every signal back in.
    static func main() {
        Signals.hold()
        let done = DispatchSemaphore(value: 0)
        let exitCode = Atomic(ExitCode.failed.rawValue)
        Task.detached {
            exitCode.store(await run().rawValue, ordering: .releasing)
            done.signal()
        }
        done.wait()
        exit(exitCode.load(ordering: .acquiring))
    }

    private nonisolated static func run() async -> ExitCode {
        let program = Program(
            name: "patchbay", version: version,
            summary: "Connects phone calls to voice AI and never loses track of one.",
            examples: [
                Command.Example("patchbay demo", "a whole call on this machine, to watch and to hear"),
                Command.Example("patchbay serve", "the bridge, at 127.0.0.1:8080"),
                Command.Example("patchbay practice", "a voice agent to practise with, in OpenAI's place"),
                Command.Example("patchbay calls list", "the calls of a running bridge"),
                Command.Example("patchbay numbers connect +15550002222", "a number's calls come to a running bridge"),
                Command.Example("patchbay config", "the settings that it would run with"),
                Command.Example("patchbay echo --listen 127.0.0.1:8080", "a WebSocket echo server"),
            ],
            commands: [
                ServeCommand.command, DemoCommand.command, CallCommand.command, PracticeCommand.command,
                CallsCommand.command, NumbersCommand.command, ConfigCommand.command, EchoCommand.command,
            ])
        let console = Console.system { name in unsafe getenv(name).map { unsafe String(cString: $0) } }
        return await program.run(Array(CommandLine.arguments.dropFirst()), console: console)
    }
}
