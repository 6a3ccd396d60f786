internal import Commands
internal import Glibc

@main
struct Patchbay {
    static let version = "0.1.0"

    static func main() {
        Signals.hold()
        Task.detached { exit(await run().rawValue) }
        // An async `main` would leave this thread to the runtime, which waits in it with no signal held back.
        while true { pause() }
    }

    private static func run() async -> ExitCode {
        let program = Program(
            name: "patchbay", version: version,
            summary: "Connects phone calls to voice AI and never loses track of one.",
            examples: [
                Command.Example("patchbay serve", "the bridge, at 127.0.0.1:8080"),
                Command.Example("patchbay config", "the settings that it would run with"),
                Command.Example("patchbay echo --listen 127.0.0.1:8080", "a WebSocket echo server"),
            ],
            commands: [ServeCommand.command, ConfigCommand.command, EchoCommand.command])
        let console = Console.system { name in unsafe getenv(name).map { unsafe String(cString: $0) } }
        return await program.run(Array(CommandLine.arguments.dropFirst()), console: console)
    }
}
