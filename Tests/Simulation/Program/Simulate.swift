internal import CTaskHooks
internal import Glibc
internal import SimulationKit
internal import SocketLoop
internal import Timeline

/// `simulate [full|sparse|nodes] [OPTION…] SEED|FIRST-LAST …`: runs worlds, and says which broke a promise. One seed alone is
/// told event by event.
///
/// - `-q`: not even then.
/// - `-x`: the first that fails is the last.
/// - `-t N`: no world begins after so many seconds.
/// - `-j N`: that many threads; as many as there are processors, unless it says otherwise.
@main
struct Simulate {
    static func main() throws {
        var plan = Run.Plan()
        plan.threads = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        var isQuiet = false
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            switch argument {
            case "full": plan.shape = .full
            case "sparse": plan.shape = .sparse
            case "nodes": plan.shape = .nodes
            case "-q": isQuiet = true
            case "-x": plan.stopsEarly = true
            case "-t": plan.limit = arguments.popFirst().flatMap { Int64($0) }.map { .seconds($0) }
            case "-j": plan.threads = arguments.popFirst().flatMap { Int($0) } ?? 1
            default: plan.seeds += seeds(argument)
            }
        }
        guard !plan.seeds.isEmpty else {
            print("usage: simulate [full|sparse|nodes] [-q] [-x] [-t SECONDS] [-j THREADS] SEED|FIRST-LAST …")
            exit(2)
        }
        plan.tellsAll = plan.seeds.count == 1 && !isQuiet
        task_hooks_watch()
        exit(Run(plan, tls: try TLSClientContext(authoritiesFile: nil)).go() ? 0 : 1)
    }

    private static func seeds(_ text: String) -> [UInt64] {
        let ends = text.split(separator: "-").compactMap { UInt64($0) }
        guard let first = ends.first, let last = ends.last, first <= last else { return [] }
        return Array(first...last)
    }
}
