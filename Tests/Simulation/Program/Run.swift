internal import CTaskHooks
internal import Glibc
internal import SimulationKit
internal import SocketLoop

/// Many worlds, one after another.
struct Run {
    /// Past it nobody reads on.
    private static let failuresShown = 20

    let isSparse: Bool
    let tls: TLSClientContext

    private var shape: Shape { isSparse ? .sparse : .full }

    /// Whether all went well.
    func go(_ seeds: [UInt64], tellsAll: Bool, stopsEarly: Bool) -> Bool {
        var failures = 0
        var callSeconds = 0.0
        var events = 0
        let clock = ContinuousClock()
        let began = clock.now
        for seed in seeds {
            let outcome = Simulation(seed: seed, shape: shape, tls: tls, keepsLog: tellsAll).run()
            callSeconds += outcome.callSeconds
            events += outcome.events
            for line in outcome.log { print(line) }
            let escaped = task_hooks_escaped()
            if escaped > 0 { print("seed \(seed): \(escaped) jobs escaped to the global pool") }
            if !outcome.violations.isEmpty {
                failures += 1
                guard failures <= Self.failuresShown else { continue }
                for violation in outcome.violations.prefix(5) { print("seed \(seed): \(violation)") }
                defer { fflush(nil) }  // A long run may be cut off.
                print("    replay: make simulate SEED=\(seed)\(isSparse ? " SHAPE=sparse" : "")")
            }
            if tellsAll { print("hash \(String(outcome.hash, radix: 16))") }
            if escaped > 0 || stopsEarly && failures > 0 { return false }
        }
        let took = began.duration(to: clock.now) / .seconds(1)
        print(
            "\(seeds.count) seeds, \(failures) failed; \(Int(callSeconds)) call-seconds in \(Int(took * 10) / 10) s: "
                + "\(Int(callSeconds / took)) a second; \(events) events")
        return failures == 0
    }
}
