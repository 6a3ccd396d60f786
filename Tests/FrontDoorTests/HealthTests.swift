import Addresses
import Dispatch
import FrontDoor
import HTTPLoop
import HTTPWire
import SocketLoop
import Telemetry
import TestSupport
import Testing
import Timeline

@Suite("Probe history")
struct ProbeHistoryTests {
    private let utc = UTCTime(millisecondsSince1970: 0)

    /// `+` is a success, `-` a failure; the states behind each.
    @Test(
        "So many probes in a row change the state, and the first one sets it",
        arguments: [
            (1, "+-+", "ofo"), (2, "+-+--+-++", "ooooffffo"), (2, "-+-++", "ffffo"), (3, "+--+---", "oooooof"),
            (0, "-+", "fo"),
        ])
    func states(needed: Int, probes: String, states: String) {
        var history = ProbeHistory(needed: needed)
        #expect(history.health(at: .zero).status == .unknown)
        for (probe, state) in zip(probes, states) {
            if probe == "+" {
                history.succeeded(after: .milliseconds(5), at: .zero, utc: utc)
            } else {
                history.failed(ProbeFailure("no answer"), at: .zero)
            }
            #expect(history.health(at: .zero).status == (state == "o" ? .ok : .failing))
        }
    }

    @Test("The last success, the last error and the age are kept")
    func facts() {
        var history = ProbeHistory(needed: 2)
        history.succeeded(after: .milliseconds(5), at: .zero, utc: utc)
        history.failed(ProbeFailure("no answer"), at: Instant(nanoseconds: 1_000_000_000))
        let health = history.health(at: Instant(nanoseconds: 4_000_000_000), breaker: .halfOpen)
        let expected = ComponentHealth(
            .ok, latency: .milliseconds(5), lastSuccess: utc, lastError: "no answer", lastErrorCode: "probe.failed",
            breaker: .halfOpen,
            age: .seconds(3))
        #expect(health == expected)
    }
}

@Suite("Health registry")
struct HealthRegistryTests {
    typealias Status = ComponentHealth.Status

    @Test(
        "Only what is critical makes the node fail; anything else degrades it",
        arguments: [
            (Status.ok, Status.ok, HealthReport.Overall.ok), (.ok, .failing, .degraded), (.failing, .ok, .failing),
            (.failing, .failing, .failing), (.unknown, .unknown, .ok),
        ])
    func overall(critical: Status, other: Status, overall: HealthReport.Overall) {
        let registry = HealthRegistry(metrics: MetricsRegistry())
        registry.add("store", isCritical: true, isNeededToServe: true) { _ in ComponentHealth(critical) }
        registry.add("upstream", isCritical: false) { _ in ComponentHealth(other) }
        let report = registry.report(at: .zero)
        #expect(report.overall == overall)
        #expect(report.canServe == (critical != .failing))
    }
}

@Suite("Probes", .timeLimit(.minutes(1)))
struct ProbesTests {
    @Test("Liveness fails while a loop does not turn, and is told so by another", arguments: [1, 2])
    func stuckLoops(count: Int) async throws {
        try await withLoops(count) { group in
            let spare = try SocketLoop(index: count)
            spare.start()
            defer { spare.stop() }
            let registry = MetricsRegistry()
            let watch = LoopWatch(group, spare: spare, registry: registry, limit: .milliseconds(1_500))
            var router = Router()
            Probes(phase: NodePhase(), loops: watch, health: HealthRegistry(metrics: registry), registry: registry).add(
                to: &router)
            let server = try HTTPServer(
                at: SocketAddress(IPAddress(v4: 0x7F00_0001), port: 0), group: group,
                policy: Acceptor.Policy(home: spare, placement: { watch.leastLoaded }),
                service: FrontDoor(
                    router, logger: .off, errors: ErrorSink(logger: .off, registry: registry), registry: registry))
            let client = HTTPClient(on: spare)
            let url = try WebURL("http://\(server.address)/livez")
            func live() async throws -> HTTPClientResponse {
                try await client.send(HTTPClientRequest(url, headers: ["Connection": "close"]))
            }
            #expect(try await live().status == 200)

            let release = DispatchSemaphore(value: 0)
            group.loops[0].execute { _ in release.wait() }
            #expect(await become { !watch.stuck(at: SystemClock.now()).isEmpty })
            let answer = try await live()
            #expect(answer.status == 503 && answer.text.hasPrefix("loop 0 has not turned for "))
            #expect(watch.health(at: SystemClock.now()).status == .failing)
            release.signal()
            #expect(await become { watch.stuck(at: SystemClock.now()).isEmpty })
            #expect(try await live().status == 200)
            client.close()
            server.close()
        }
    }

    @Test(
        "Readiness and start-up follow the node's phase",
        arguments: [(NodePhase.Phase.starting, 503, 503), (.serving, 200, 200), (.draining, 503, 200)])
    func phases(phase: NodePhase.Phase, ready: Int, started: Int) async throws {
        try await withLoops(1) { group in
            let registry = MetricsRegistry()
            let nodePhase = NodePhase()
            nodePhase.enter(phase)
            nodePhase.enter(.starting)
            let health = HealthRegistry(metrics: registry)
            health.add("store", isCritical: true, isNeededToServe: true) { _ in ComponentHealth(.ok) }
            health.add("upstream", isCritical: false) { _ in ComponentHealth(.failing, lastError: "refused") }
            let watch = LoopWatch(group, spare: group.loops[0], registry: registry)
            var router = Router()
            Probes(phase: nodePhase, loops: watch, health: health, registry: registry).add(to: &router)
            let fixture = try FrontDoorFixture(group, router)
            #expect(try await fixture.ask("GET", "/readyz").status == ready)
            #expect(try await fixture.ask("GET", "/startupz").status == started)
            let verbose = try await fixture.ask("GET", "/readyz?verbose")
            #expect(verbose.status == ready && verbose.text.contains("[+]store ok"))
            let document = try await fixture.ask("GET", "/healthz")
            #expect(document.status == 200 && document.text.contains(#""status":"degraded""#))
            #expect(document.text.contains(#""last_error":"refused""#))
            fixture.client.close()
            fixture.server.close()
        }
    }
}
