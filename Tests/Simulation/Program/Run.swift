internal import CTaskHooks
internal import Glibc
internal import SimulationKit
internal import SocketLoop
internal import Synchronization

/// Many worlds, as many at a time as there are threads. Each is turned by one thread from its beginning to its end.
final class Run: Sendable {
    struct Plan: Sendable {
        var shape = Shape.full
        var seeds: [UInt64] = []
        var threads = 1
        /// One world, event by event.
        var tellsAll = false
        /// The first that fails is the last.
        var stopsEarly = false
        /// No world begins after it.
        var limit: Duration?
    }

    private struct State {
        var next = 0
        var done = 0
        var failures = 0
        var callSeconds = 0.0
        var events = 0
        /// Of all worlds, in whatever order they end.
        var hash: UInt64 = 0
    }

    /// Past it nobody reads on.
    private static let failuresShown = 20
    private static let newsEvery = 10_000

    private let plan: Plan
    private let tls: TLSClientContext
    private let state = Mutex(State())
    private let began = ContinuousClock.now

    init(_ plan: Plan, tls: TLSClientContext) {
        self.plan = plan
        self.tls = tls
    }

    /// Whether all went well.
    func go() -> Bool {
        Threads.run(min(plan.threads, plan.seeds.count)) { [self] in
            while let seed = takeSeed() { turn(seed) }
        }
        let took = began.duration(to: .now) / .seconds(1)
        return state.withLock { state in
            if state.done < plan.seeds.count { print("\(plan.seeds.count - state.done) seeds were left out") }
            print(
                "\(state.done) seeds, \(state.failures) failed; \(Int(state.callSeconds)) call-seconds in "
                    + "\(Int(took * 10) / 10) s: \(Int(state.callSeconds / took)) a second; \(state.events) events, hash \(String(state.hash, radix: 16))"
            )
            return state.failures == 0
        }
    }

    private func takeSeed() -> UInt64? {
        state.withLock { state in
            guard state.next < plan.seeds.count, !(plan.stopsEarly && state.failures > 0) else { return nil }
            if let limit = plan.limit, began.duration(to: .now) > limit { return nil }
            state.next += 1
            return plan.seeds[state.next - 1]
        }
    }

    private func turn(_ seed: UInt64) {
        // SAFETY: the name is copied before the call returns.
        unsafe "seed \(seed) \(plan.shape.name)".withCString { unsafe task_hooks_begin($0) }
        let outcome = Simulation.run(seed: seed, shape: plan.shape, tls: tls, keepsLog: plan.tellsAll)
        let escaped = task_hooks_escaped()
        state.withLock { state in
            state.done += 1
            state.callSeconds += outcome.callSeconds
            state.events += outcome.events
            state.hash ^= outcome.hash
            tell(outcome, escaped: escaped, &state)
            if state.done % Self.newsEvery == 0 { print("\(state.done) of \(plan.seeds.count), last \(seed)") }
            fflush(nil)  // A long run may be cut off.
        }
    }

    private func tell(_ outcome: Simulation.Outcome, escaped: Int, _ state: inout State) {
        for line in outcome.log { print(line) }
        if escaped > 0 { print("seed \(outcome.seed): \(escaped) jobs escaped to the global pool") }
        for violation in outcome.violations.prefix(state.failures < Self.failuresShown ? 5 : 0) {
            print("seed \(outcome.seed): \(violation)")
        }
        if escaped > 0 || !outcome.violations.isEmpty {
            state.failures += 1
            guard state.failures <= Self.failuresShown else { return }
            print(
                "    replay: make simulate SEED=\(outcome.seed)\(plan.shape == .full ? "" : " SHAPE=\(plan.shape.name)")"
            )
        }
    }
}
