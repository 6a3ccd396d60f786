internal import CTaskHooks
internal import Glibc
internal import SimulationKit
internal import SocketLoop
internal import Timeline

/// `simulate [full|sparse] SEED…` and `simulate [full|sparse] FIRST-LAST`: runs worlds, and says which broke a promise.
/// One seed alone is told event by event, unless with `-q`; with `-x` the first that fails is the last.
@main
struct Simulate {
    static func main() throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        let isSparse = arguments.first == "sparse"
        if isSparse || arguments.first == "full" { arguments.removeFirst() }
        let isQuiet = arguments.first == "-q"
        let stopsEarly = arguments.first == "-x"
        if isQuiet || stopsEarly { arguments.removeFirst() }
        let seeds = arguments.flatMap(Self.seeds)
        guard !seeds.isEmpty else {
            print("usage: simulate [full|sparse] [-q|-x] SEED | FIRST-LAST …")
            exit(2)
        }
        task_hooks_watch()
        let run = Run(isSparse: isSparse, tls: try TLSClientContext(authoritiesFile: nil))
        exit(run.go(seeds, tellsAll: seeds.count == 1 && !isQuiet, stopsEarly: stopsEarly) ? 0 : 1)
    }

    private static func seeds(_ text: String) -> [UInt64] {
        let ends = text.split(separator: "-").compactMap { UInt64($0) }
        guard let first = ends.first, let last = ends.last, first <= last else { return [] }
        return Array(first...last)
    }
}
