import FrontDoor
import Synchronization
import Telemetry
import TestSupport
import Testing
import Timeline

/// A clock that stands until the test turns it.
private final class TurnedClock: Sendable {
    private struct Sleeper {
        let due: Instant
        let wake: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var now = Instant.zero
        var sleepers: [Int: Sleeper] = [:]
        var last = 0
    }

    private let state = Mutex(State())

    var probeClock: ProbeClock {
        ProbeClock(
            now: { self.state.withLock { $0.now } }, utc: { UTCTime(millisecondsSince1970: 1_000) },
            sleep: { try await self.sleep(until: $0) })
    }

    /// When those who sleep want to be woken, in order.
    var dues: [Duration] {
        state.withLock { state in state.sleepers.values.map { Instant.zero.duration(to: $0.due) }.sorted() }
    }

    func turn(to time: Duration) {
        let woken = state.withLock { state in
            state.now = .zero.advanced(by: time)
            let due = state.sleepers.filter { $0.value.due <= state.now }
            for key in due.keys { state.sleepers[key] = nil }
            return due.values
        }
        for sleeper in woken { sleeper.wake.resume(returning: true) }
    }

    private func sleep(until due: Instant) async throws {
        let number = state.withLock { state in
            state.last += 1
            return state.last
        }
        let isDue = await withTaskCancellationHandler {
            await withCheckedContinuation { wake in
                let isOver: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    if due <= state.now { return true }
                    state.sleepers[number] = Sleeper(due: due, wake: wake)
                    return nil
                }
                if let isOver { wake.resume(returning: isOver) }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: number) }?.wake.resume(returning: false)
        }
        guard isDue else { throw CancellationError() }
    }
}

/// A dependency that does as it is told, and tells who asks.
private final class Dependency: Sendable {
    enum Mood { case well, broken, mute, deaf }

    private struct State {
        var mood = Mood.well
        var held: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    let asked = Atomic(0)

    func become(_ mood: Mood) { state.withLock { $0.mood = mood } }

    func check() async throws(ProbeFailure) {
        asked.wrappingAdd(1, ordering: .relaxed)
        switch state.withLock({ $0.mood }) {
        case .well: return
        case .broken: throw ProbeFailure("it is broken")
        case .mute:
            // Heeds its cancellation.
            await withTaskCancellationHandler {
                await hold()
            } onCancel: {
                release()
            }
        case .deaf: await hold()
        }
    }

    private func hold() async {
        await withCheckedContinuation { continuation in
            let isReleased = state.withLock { state in
                if state.mood != .well { state.held.append(continuation) }
                return state.mood == .well
            }
            if isReleased { continuation.resume() }
        }
    }

    func release() {
        let held = state.withLock { state in
            state.mood = .well
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }
}

@Suite("Probe runner", .timeLimit(.minutes(1)))
struct ProbeRunnerTests {
    private let clock = TurnedClock()
    private let metrics = MetricsRegistry()
    private let dependency = Dependency()

    private func runner(every: Duration = .seconds(15)) -> (ProbeRunner, HealthRegistry) {
        let health = HealthRegistry(metrics: metrics)
        return (ProbeRunner(health, metrics: metrics, every: every, failures: 2, clock: clock.probeClock), health)
    }

    /// Turns the clock once the runner waits for `due`, and waits until it has counted `rounds` of that outcome.
    private func turn(to due: Duration, until rounds: Int, _ outcome: String, waiting others: [Duration] = []) async {
        #expect(await become { clock.dues == (others + [due]).sorted() }, "it waits for \(clock.dues), not \(due)")
        clock.turn(to: due)
        let line = #"patchbay_probe_rounds_total{dependency="it",outcome="\#(outcome)"} \#(rounds)"#
        #expect(await become { metrics.exposition().contains(line) }, "no \(rounds) × \(outcome)")
    }

    private func row(_ health: HealthRegistry) -> ComponentHealth? {
        health.report(at: clock.probeClock.now()).rows.first?.health
    }

    private func isUp(_ value: String) -> Bool {
        metrics.exposition().contains(#"patchbay_dependency_up{dependency="it",critical="true"} \#(value)"#)
    }

    @Test(
        "A row shows whether calls use the dependency, and the metric is a number for it",
        arguments: zip([ComponentHealth.Breaker.closed, .halfOpen, .open], [0, 1, 2]))
    func breaker(breaker: ComponentHealth.Breaker, number: Int) async {
        let (runner, health) = runner(every: .zero)
        runner.add("it", isCritical: false, breaker: { breaker }, check: { () throws(ProbeFailure) in })
        #expect(row(health)?.breaker == breaker)
        #expect(metrics.exposition().contains(#"patchbay_breaker_state{dependency="it"} \#(number)"#))
    }

    @Test("A dependency is probed at once and then in its rhythm, and two failures in a row change its state")
    func rhythm() async throws {
        let (runner, health) = runner()
        runner.add("it", isCritical: true) { [dependency] () throws(ProbeFailure) in try await dependency.check() }
        #expect(await become { row(health)?.status == .ok })
        #expect(isUp("1"))
        dependency.become(.broken)
        await turn(to: .seconds(15), until: 1, "failed")
        #expect(row(health)?.status == .ok && row(health)?.lastError == "it is broken")
        await turn(to: .seconds(30), until: 2, "failed")
        #expect(row(health)?.status == .failing && isUp("0"))
        #expect(row(health)?.lastSuccess == UTCTime(millisecondsSince1970: 1_000))
        dependency.become(.well)
        await turn(to: .seconds(45), until: 2, "succeeded")
        await turn(to: .seconds(60), until: 3, "succeeded")
        #expect(row(health)?.status == .ok && row(health)?.lastError == "it is broken")
        #expect(await runner.stop() == 0)
        #expect(clock.dues.isEmpty)
    }

    @Test("A check that never answers has failed at its deadline, and is cancelled")
    func mute() async throws {
        let (runner, health) = runner()
        dependency.become(.mute)
        runner.add("it", isCritical: true, limit: .seconds(4)) { [dependency] () throws(ProbeFailure) in
            try await dependency.check()
        }
        await turn(to: .seconds(4), until: 1, "late")
        #expect(row(health)?.status == .failing && row(health)?.lastError == "no answer within 4.0 seconds")
        #expect(await become { dependency.asked.load(ordering: .relaxed) == 1 })
        await turn(to: .seconds(19), until: 1, "succeeded")
        #expect(await runner.stop() == 0)
    }

    @Test("A check that ignores its cancellation holds nobody up, is not begun again, and is told of at the end")
    func deaf() async throws {
        let (runner, health) = runner()
        dependency.become(.deaf)
        runner.add("it", isCritical: true, limit: .seconds(4)) { [dependency] () throws(ProbeFailure) in
            try await dependency.check()
        }
        await turn(to: .seconds(4), until: 1, "late")
        await turn(to: .seconds(19), until: 1, "stuck")
        #expect(dependency.asked.load(ordering: .relaxed) == 1)
        #expect(row(health)?.lastError == "the last check has not come back yet")
        #expect(await runner.stop() == 1)
        dependency.release()
    }

    @Test("Probes begin one after another, and stop wherever they are")
    func staggered() async throws {
        let (runner, health) = runner()
        dependency.become(.mute)
        for name in ["it", "that", "those"] {
            runner.add(name, isCritical: false) { [dependency] () throws(ProbeFailure) in try await dependency.check() }
        }
        // The first is under way and has five seconds; the others sleep still.
        #expect(await become { clock.dues == [.milliseconds(100), .milliseconds(200), .seconds(5)] })
        #expect(health.report(at: .zero).rows.allSatisfy { $0.health.status == .unknown })
        _ = await runner.stop()
        #expect(clock.dues.isEmpty)
        #expect(await become { dependency.asked.load(ordering: .relaxed) == 1 })
    }

    @Test("What was seen at work within the last 30 seconds is not probed")
    func spared() async throws {
        let (runner, health) = runner()
        dependency.become(.broken)
        clock.turn(to: .seconds(1))
        let probe = runner.add("it", isCritical: true) { [dependency] () throws(ProbeFailure) in
            try await dependency.check()
        }
        #expect(await become { clock.dues == [.seconds(16)] })
        probe.succeeded(after: .milliseconds(7))
        probe.succeeded(after: .milliseconds(7))
        #expect(row(health)?.status == .ok && row(health)?.latency == .milliseconds(7))
        await turn(to: .seconds(16), until: 1, "spared")
        await turn(to: .seconds(31), until: 2, "failed")
        #expect(row(health)?.status == .ok)
        await runner.stop()
    }

    @Test("What cannot be asked has a row that says why, and is well for as long as its last work would spare a probe")
    func unasked() async {
        let (runner, health) = runner()
        let seen = runner.addUnasked("it", why: "it costs") { .closed }
        #expect(
            row(health)
                == ComponentHealth(
                    .unknown, lastError: "it costs", lastErrorCode: "probe.impossible", breaker: .closed))
        clock.turn(to: .seconds(100))
        seen.succeeded(after: .milliseconds(7))
        clock.turn(to: .seconds(129))
        #expect(row(health)?.status == .ok && row(health)?.latency == .milliseconds(7))
        #expect(row(health)?.age == .seconds(29))
        clock.turn(to: .seconds(130))
        #expect(row(health)?.status == .unknown, "nobody knows any more")
        #expect(row(health)?.lastSuccess == clock.probeClock.utc())
        #expect(health.report(at: clock.probeClock.now()).overall == .ok, "that nobody knows is no failure")
        await runner.stop()
    }

    @Test("With no rhythm nothing is probed, and nothing is known")
    func never() async throws {
        let (runner, health) = runner(every: .zero)
        runner.add("it", isCritical: true) { [dependency] () throws(ProbeFailure) in try await dependency.check() }
        #expect(row(health)?.status == .unknown && isUp("NaN"))
        #expect(await runner.stop() == 0 && dependency.asked.load(ordering: .relaxed) == 0)
    }
}
