internal import Addresses
internal import FrontDoor
internal import Glibc
internal import HTTPLoop
internal import HTTPWire
internal import SocketLoop
internal import Telemetry
internal import Timeline

/// A server for the black-box tests: the product's server, front door and probes, with routes that the product has no use
/// for. Prints its URL and serves until it is killed.
@main
struct Toy {
    static func main() throws {
        let registry = MetricsRegistry()
        guard let output = LogOutput(descriptor: STDERR_FILENO, format: .json, dropped: registry.counter(.logDropped))
        else { return }
        let logger = Logger(component: "toy", threshold: .debug, destination: output)
        let group = try LoopGroup()
        let spare = try SocketLoop(index: group.loops.count)
        spare.start()
        let watch = LoopWatch(group, spare: spare, registry: registry)
        let health = HealthRegistry(metrics: registry)
        health.add("loops", isCritical: true) { watch.health(at: $0) }
        let phase = NodePhase()
        phase.enter(.serving)
        var router = Router()
        Probes(phase: phase, loops: watch, health: health, registry: registry).add(to: &router)
        Things().add(to: &router)
        OddRoutes().add(to: &router)
        SignedRoutes().add(to: &router)
        let server = try HTTPServer(
            at: SocketAddress(IPAddress(v4: 0x7F00_0001), port: 0), group: group,
            policy: Acceptor.Policy(home: spare, placement: { watch.leastLoaded }),
            limits: HTTPLimits(stall: .seconds(2)),
            service: FrontDoor(
                router, logger: logger, errors: ErrorSink(logger: logger, registry: registry), registry: registry))
        let line = "toy ready http://\(server.address)\n"
        _ = FileWriting.write(Array(line.utf8).span, to: STDOUT_FILENO)
        withExtendedLifetime(server) {
            while true { pause() }
        }
    }
}
