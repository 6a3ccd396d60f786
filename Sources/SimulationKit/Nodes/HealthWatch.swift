internal import CallCore
internal import CarrierClient
internal import FrontDoor
internal import Telemetry
internal import Timeline

/// The health probes of one life of a node, as the program runs them, and what they told.
final class HealthWatch: @unchecked Sendable {
    // Why @unchecked: a world is turned by one thread.
    struct Told {
        let at: Instant
        let status: ComponentHealth.Status
    }

    /// What changes a state, in a row.
    static let failures = 2

    let every: Duration
    let dependencies: [SimulatedDependency]
    private let process: WorldProcess
    private let carrier: TwilioControl?
    private var runner: ProbeRunner?
    private(set) var began: Instant?
    private(set) var ended: Instant?
    private(set) var told: [String: [Told]] = [:]

    init(of process: WorldProcess, _ dependencies: [SimulatedDependency], carrier: TwilioControl?, every: Duration) {
        self.process = process
        self.dependencies = dependencies
        self.carrier = carrier
        self.every = every
    }

    func begin() {
        guard began == nil else { return }
        began = process.now
        let registry = MetricsRegistry()
        let clock = ProbeClock(
            now: { [process] in process.now }, utc: { [process] in process.utc },
            sleep: { [process] due in try await process.sleep(max(.zero, process.now.duration(to: due))) })
        let runner = ProbeRunner(
            HealthRegistry(metrics: registry), metrics: registry, every: every, failures: Self.failures, clock: clock,
            on: process.executor, changed: { [self] in heard($0) })
        self.runner = runner
        for dependency in dependencies {
            let dependency = OneThread(value: dependency)
            runner.add(dependency.value.name, isCritical: false, limit: SimulatedDependency.patience) {
                [process] () throws(ProbeFailure) in try await dependency.value.check(from: process)
            }
        }
        guard let carrier else { return }
        let probe = runner.add("carrier", isCritical: false, limit: SimulatedDependency.patience) {
            [process] () throws(ProbeFailure) in
            do throws(CarrierControlError) {
                try await carrier.check(by: Deadline(limit: SimulatedDependency.patience, from: process.now))
            } catch {
                throw ProbeFailure(error.message, code: error.code)
            }
        }
        carrier.watch { took in probe.succeeded(after: took) }
    }

    func end() async {
        ended = ended ?? process.now
        await runner?.stop()
    }

    private func heard(_ change: HealthChange) {
        process.world.note("health changes", "\(process.name): \(change.name) is \(change.health.status)")
        guard !process.isDead else { return }
        told[change.name, default: []].append(Told(at: process.now, status: change.health.status))
    }
}
