public import CallCore
internal import Telemetry
internal import Timeline

/// Looks at the vitals of every call once a second and ends those that do not end by themselves. The rules are
/// `SupervisorMachine`'s.
public actor CallSupervisor {
    /// A final status that could not be kept is tried again so often, with so much time in between.
    private static let keepingPauses: [Duration] = [.milliseconds(200), .seconds(1), .seconds(5), .seconds(30)]

    private nonisolated let desk: CallDesk
    private nonisolated let services: CallServices
    private var machine: SupervisorMachine
    private let wait: @Sendable (Duration) async throws -> Void

    public init(
        of switchboard: Switchboard, rules: SupervisorMachine.Rules = .init(),
        wait: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        desk = switchboard.desk
        services = switchboard.services
        machine = SupervisorMachine(rules)
        self.wait = wait
    }

    /// Until it is cancelled.
    public func run() async {
        while (try? await wait(machine.rules.every)) != nil { look() }
    }

    /// Looks once at every call, and has done what is to be done about it.
    public func look() {
        let now = services.now()
        let grace = machine.rules.grace
        var overdue: [(number: UInt64, call: Call, action: SupervisorMachine.Action)] = []
        desk.eachCall { number, call in
            let action = machine.look(at: number, deadline: call.line.vitals.nextDeadline, at: now)
            if action != .none { overdue.append((number, call, action)) }
        }
        machine.lookEnded()
        // In the order in which they came: who is first must not hang on how a dictionary lies.
        for (_, call, action) in overdue.sorted(by: { $0.number < $1.number }) {
            switch action {
            case .none: break
            case .command: call.command()
            case .tearDown: call.tearDown(after: grace) { [self] remains in finish(remains) }
            }
        }
    }

    /// In the place of a call that cannot any more.
    private nonisolated func finish(_ remains: Call.Remains) {
        let tasks = services.metrics.tasks
        tasks.add(1)
        Task(name: "torn-down", executorPreference: services.early) {
            if let facts = remains.facts { await self.keep(facts) }
            if let call = remains.hangUp { await self.hangUp(call) }
            tasks.add(-1)
        }
    }

    private nonisolated func keep(_ facts: CallFacts) async {
        var pauses = Self.keepingPauses[...]
        while true {
            do throws(CallStoreError) {
                _ = try await services.store.keep(facts)
                return
            } catch {
                report(error.code, "The final status of a call could not be kept. \(error.message)")
                guard let pause = pauses.popFirst(), (try? await wait(pause)) != nil else { return }
            }
        }
    }

    private nonisolated func hangUp(_ call: String) async {
        guard let carrier = services.carrier, await services.answersForCalls() else { return }
        do throws(CarrierControlError) {
            try await carrier.hangUp(call)
        } catch {
            report(error.code, "A call that was torn down could not be ended at the carrier. \(error.message)")
        }
    }

    private nonisolated func report(_ code: String, _ message: String) {
        services.errors.report(ErrorReport(code: code, component: "supervisor", message: message))
    }
}
