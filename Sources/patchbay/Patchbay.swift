internal import Commands
internal import Glibc

@main
struct Patchbay {
    static let version = "0.1.0"

    /// Not `async`: Dispatch would then wait in the main thread with every signal let in, and the first to come would end
    /// the process before it could be served.
    static func main() {
        Signals.hold()
        Task.detached { exit(await run()) }
        while true { pause() }
    }

    private static func run() async -> Int32 {
        let program = Program(
            name: "patchbay", version: version,
            summary: "Connects phone calls to voice AI and never loses track of one.",
            examples: [
                Command.Example("patchbay echo --listen 127.0.0.1:8080", "a WebSocket echo server")
            ],
            commands: [EchoCommand.command])
        let console = Console.system { name in unsafe getenv(name).map { unsafe String(cString: $0) } }
        return await program.run(Array(CommandLine.arguments.dropFirst()), console: console).rawValue
    }
}
