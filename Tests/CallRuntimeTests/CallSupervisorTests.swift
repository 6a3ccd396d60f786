import CallCore
import Telemetry
import Testing
import Timeline

@testable import CallRuntime

@Suite("Call supervisor", .timeLimit(.minutes(1)))
struct CallSupervisorTests {
    @Test("A call whose actor is held up is torn down four seconds past its deadline, and its record is final")
    func tearsDown() async throws {
        let fixture = try SupervisorFixture()
        fixture.begin()
        #expect(fixture.switchboard.liveCalls == 1)
        fixture.executor.hold()
        // The agent that does not answer is given up after 5 s, or its waiting tone begins after 2.
        fixture.advance(.seconds(4))
        await fixture.supervisor.look()
        fixture.turn()
        #expect(fixture.isSocketOpen, "it was told, and has its two seconds")
        fixture.advance(.milliseconds(1_999))
        await fixture.supervisor.look()
        fixture.turn()
        #expect(fixture.isSocketOpen)
        fixture.advance(.milliseconds(1))
        await fixture.supervisor.look()
        fixture.turn()
        #expect(!fixture.isSocketOpen)
        #expect((fixture.switchboard.liveCalls, fixture.switchboard.openCalls) == (0, 0))
        let record = try await fixture.finalRecord()
        #expect((record.status, record.endReason) == (.failed, .stale))
        #expect(record.failure?.code == "supervisor.torn_down")
        #expect(record.streamID == "MZ1", "what waited in the call is kept, too")
        #expect(fixture.tornDown == 1)
        #expect(fixture.registry.gauge(.callsActive, "openai").value == 0)
    }

    @Test("A call that was torn down gets no second final status when its actor comes back")
    func once() async throws {
        let fixture = try SupervisorFixture()
        fixture.begin()
        fixture.executor.hold()
        fixture.advance(.seconds(4))
        await fixture.supervisor.look()
        fixture.advance(.seconds(2))
        await fixture.supervisor.look()
        _ = try await fixture.finalRecord()
        fixture.switchboard.endAll()
        fixture.executor.letGo()
        while fixture.registry.gauge(.callTasks).value > 0 { await Task.yield() }
        #expect(try await fixture.finals() == 1)
        #expect(try await fixture.record()?.endReason == .stale)
        #expect(fixture.tornDown == 1)
    }

    @Test("A call whose timer was lost is told the time, helps itself, and goes on")
    func helpsItself() async throws {
        let fixture = try SupervisorFixture()
        fixture.begin()
        for _ in 0..<3 {
            fixture.advance(.seconds(1))
            await fixture.supervisor.look()
            fixture.turn()
        }
        fixture.advance(.seconds(1))
        await fixture.supervisor.look()
        while fixture.registry.gauge(.callTasks).value > 0 { await Task.yield() }
        fixture.advance(.seconds(2))
        await fixture.supervisor.look()
        fixture.turn()
        #expect(fixture.isSocketOpen)
        #expect(fixture.switchboard.liveCalls == 1)
        #expect(fixture.tornDown == 0)
    }

    @Test("A call that moved on before its tear-down is left alone")
    func movedOn() async throws {
        let fixture = try SupervisorFixture()
        fixture.begin()
        fixture.executor.hold()
        fixture.advance(.seconds(4))
        await fixture.supervisor.look()
        fixture.advance(.seconds(2))
        // The command is heard just before the supervisor looks again: as after a loop that was stuck.
        fixture.executor.letGo()
        await fixture.supervisor.look()
        fixture.turn()
        #expect(fixture.tornDown == 0)
        #expect(fixture.switchboard.liveCalls == 1)
    }

    @Test("A socket that never said which call it is leaves no record when it is torn down")
    func unstarted() async throws {
        let fixture = try SupervisorFixture()
        fixture.begin(saying: false)
        fixture.executor.hold()
        fixture.advance(.seconds(12))
        await fixture.supervisor.look()
        fixture.advance(.seconds(2))
        await fixture.supervisor.look()
        fixture.turn()
        #expect(!fixture.isSocketOpen)
        #expect(fixture.switchboard.openCalls == 0)
        #expect(try await fixture.record() == nil)
    }

    @Test("A work that ends by itself is begun again, and given up when it ends too often")
    func workers() async {
        let registry = MetricsRegistry()
        let (names, told) = AsyncStream.makeStream(of: String.self)
        let workers = Workers(
            errors: ErrorSink(logger: .off, registry: registry), registry: registry, now: { .zero },
            gaveUp: { told.yield($0) })
        workers.start("steady") { try? await Task.sleep(for: .seconds(1_000)) }
        workers.start("fragile") {}
        var given: [String] = []
        for await name in names {
            given.append(name)
            break
        }
        #expect(given == ["fragile"])
        #expect(registry.counter(.workerRestarts).value == 3)
        #expect(await workers.stop(by: .never).isEmpty)
    }

    @Test("Works are ended in the reverse of their order, each before the next")
    func order() async {
        let registry = MetricsRegistry()
        let workers = Workers(
            errors: ErrorSink(logger: .off, registry: registry), registry: registry, gaveUp: { _ in })
        let (ended, told) = AsyncStream.makeStream(of: Int.self)
        for number in 0..<4 {
            workers.start("\(number)") {
                try? await Task.sleep(for: .seconds(1_000))
                for _ in 0..<10 { await Task.yield() }
                told.yield(number)
            }
        }
        #expect(await workers.stop(by: .never).isEmpty)
        told.finish()
        var order: [Int] = []
        for await number in ended { order.append(number) }
        #expect(order == [3, 2, 1, 0])
    }
}
