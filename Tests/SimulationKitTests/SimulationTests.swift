import SimulationKit
import SocketLoop
import Testing

/// A few small worlds; the many run in a program of their own, built for release.
@Suite("Simulation: whole calls in seeded worlds")
struct SimulationTests {
    private static let small = Shape(calls: 3, length: .seconds(15), isFull: true)
    /// Several nodes, for less long than usual.
    private static let nodes: Shape = {
        var shape = Shape(calls: 4, length: .seconds(60), isFull: false)
        shape.hasNodes = true
        return shape
    }()

    private func run(_ seed: UInt64, _ shape: Shape = small, jumps: Bool = true) throws -> Simulation.Outcome {
        let tls = try TLSClientContext(authoritiesFile: nil)
        return Simulation(seed: seed, shape: shape, tls: tls, keepsLog: true, wallClockJumps: jumps).run()
    }

    @Test("The same seed is the same world, event by event", arguments: [1, 2] as [UInt64])
    func sameSeed(seed: UInt64) throws {
        let (first, second) = (try run(seed), try run(seed))
        #expect(first.hash == second.hash)
        #expect(first.log == second.log)
        #expect(first.events > 20)
    }

    @Test("Another seed is another world")
    func otherSeed() throws {
        #expect(try run(1).hash != run(2).hash)
    }

    @Test("Every promise is kept", arguments: 1...6 as ClosedRange<UInt64>)
    func promises(seed: UInt64) throws {
        let outcome = try run(seed)
        #expect(outcome.violations.isEmpty, "replay: make simulate SEED=\(seed)")
        #expect(outcome.callSeconds > 0)
    }

    private func runNodes(_ seed: UInt64) throws -> Simulation.Outcome {
        let tls = try TLSClientContext(authoritiesFile: nil)
        return Simulation.run(seed: seed, shape: Self.nodes, tls: tls, keepsLog: true)
    }

    @Test("The same seed is the same world of nodes that share a store", arguments: [1] as [UInt64])
    func sameNodes(seed: UInt64) throws {
        let (first, second) = (try runNodes(seed), try runNodes(seed))
        #expect(first.hash == second.hash)
        #expect(first.log == second.log)
    }

    @Test("Every promise is kept, whatever becomes of the nodes", arguments: 1...3 as ClosedRange<UInt64>)
    func nodes(seed: UInt64) throws {
        let outcome = try runNodes(seed)
        #expect(outcome.violations.isEmpty, "replay with the same shape")
        #expect(outcome.events > 20)
    }

    @Test("A wall clock that jumps changes nothing", arguments: 1...3 as ClosedRange<UInt64>)
    func wallClock(seed: UInt64) throws {
        #expect(try run(seed).hash == run(seed, jumps: false).hash)
    }
}
