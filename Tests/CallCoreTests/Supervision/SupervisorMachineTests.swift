import CallCore
import Testing
import Timeline

@Suite("Supervisor machine")
struct SupervisorMachineTests {
    private static let deadline = Instant.zero.advanced(by: .seconds(100))

    private func at(_ seconds: Double) -> Instant {
        Self.deadline.advanced(byNanoseconds: Int64(seconds * 1e9))
    }

    @Test(
        "A call is told to look at the clock two seconds past its own deadline, and not before",
        arguments: [(-50.0, false), (0, false), (1.999, false), (2, true), (600, true)])
    func commands(seconds: Double, isTold: Bool) {
        var machine = SupervisorMachine()
        let action = machine.look(at: 1, deadline: .at(Self.deadline), at: at(seconds))
        #expect(action == (isTold ? .command : .none))
    }

    @Test("A call without a deadline is left alone")
    func never() {
        var machine = SupervisorMachine()
        #expect(machine.look(at: 1, deadline: .never, at: .distantFuture) == .none)
    }

    @Test(
        "Two seconds after a command that changed nothing a call is torn down, once",
        arguments: [(1.0, SupervisorMachine.Action.none), (1.999, .none), (2, .tearDown), (30, .tearDown)])
    func tearsDown(seconds: Double, expected: SupervisorMachine.Action) {
        var machine = SupervisorMachine()
        #expect(machine.look(at: 1, deadline: .at(Self.deadline), at: at(2)) == .command)
        machine.lookEnded()
        #expect(machine.look(at: 1, deadline: .at(Self.deadline), at: at(2 + seconds)) == expected)
        machine.lookEnded()
        #expect(machine.look(at: 1, deadline: .at(Self.deadline), at: at(3 + seconds)) != .command)
        machine.lookEnded()
        guard expected == .tearDown else { return }
        #expect(machine.look(at: 1, deadline: .at(Self.deadline), at: at(90)) == .none)
    }

    @Test("A call that helped itself starts afresh")
    func helpsItself() {
        var machine = SupervisorMachine()
        #expect(machine.look(at: 1, deadline: .at(Self.deadline), at: at(2)) == .command)
        machine.lookEnded()
        #expect(machine.overdue == 1)
        #expect(machine.look(at: 1, deadline: .at(at(60)), at: at(3)) == .none)
        machine.lookEnded()
        #expect(machine.overdue == 0)
        #expect(machine.look(at: 1, deadline: .at(at(60)), at: at(62)) == .command)
    }

    @Test("A call that is gone is forgotten")
    func forgets() {
        var machine = SupervisorMachine()
        _ = machine.look(at: 1, deadline: .at(Self.deadline), at: at(2))
        machine.lookEnded()
        machine.lookEnded()
        #expect(machine.overdue == 0)
    }

    @Test("Each call is judged by itself")
    func apart() {
        var machine = SupervisorMachine()
        #expect(machine.look(at: 1, deadline: .at(Self.deadline), at: at(2)) == .command)
        #expect(machine.look(at: 2, deadline: .at(at(1)), at: at(2)) == .none)
        machine.lookEnded()
        #expect(machine.look(at: 1, deadline: .at(Self.deadline), at: at(4)) == .tearDown)
        #expect(machine.look(at: 2, deadline: .at(at(1)), at: at(4)) == .command)
    }

    @Test(
        "What ends by itself is begun again three times within five seconds, and no fourth",
        arguments: [
            ([0.0, 1, 2, 4.9], [true, true, true, false]), ([0, 1, 2, 5], [true, true, true, true]),
            ([0, 6, 12, 18], [true, true, true, true]), ([0, 0, 0, 0, 5], [true, true, true, false, true]),
        ])
    func restarts(seconds: [Double], allowed: [Bool]) {
        var budget = RestartBudget()
        #expect(seconds.map { budget.take(at: at($0)) } == allowed)
    }
}
