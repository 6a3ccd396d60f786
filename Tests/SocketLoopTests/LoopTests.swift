import Synchronization
import TestSupport
import Testing
import Timeline

@testable import SocketLoop

@Suite("Loop", .timeLimit(.minutes(1)))
struct LoopTests {
    actor Resident {
        private let loop: SocketLoop
        private var count = 0

        init(on loop: SocketLoop) { self.loop = loop }

        nonisolated var unownedExecutor: UnownedSerialExecutor {
            unsafe loop.executor.asUnownedSerialExecutor()
        }

        func add() -> Bool {
            count += 1
            return loop.executor.isCurrent
        }

        var total: Int { count }

        nonisolated func addOnLoop() -> Bool { assumeIsolated { $0.add() } }
    }

    @Test("An actor on the loop runs on the loop's thread, and its calls are never lost")
    func actorLivesOnTheLoop() async throws {
        try await withLoops { group in
            let resident = Resident(on: group.loops[0])
            let allOnLoop = await withTaskGroup(of: Bool.self) { tasks in
                for _ in 0..<1_000 { tasks.addTask { await resident.add() } }
                return await tasks.reduce(true) { $0 && $1 }
            }
            #expect(allOnLoop)
            #expect(await resident.total == 1_000)
        }
    }

    @Test("Code on the loop enters its actor without a hop")
    func enteringSynchronously() async throws {
        try await withLoops { group in
            let resident = Resident(on: group.loops[0])
            #expect(await group.loops[0].run { _ in resident.addOnLoop() })
        }
    }

    @Test("A task that prefers the loop starts, and resumes after a suspension, on it")
    func taskPrefersTheLoop() async throws {
        try await withLoops { group in
            let executor = group.loops[0].executor
            let seen = await Task(executorPreference: executor) {
                let before = executor.isCurrent
                await Task.yield()
                return [before, executor.isCurrent]
            }.value
            #expect(seen == [true, true])
        }
    }

    @Test("Work from many threads runs in each thread's own order")
    func orderPerThread() async throws {
        try await withLoops { group in
            let journal = Journal<(Int, Int)>()
            await withTaskGroup(of: Void.self) { tasks in
                for thread in 0..<4 {
                    tasks.addTask {
                        for number in 0..<500 { group.loops[0].execute { _ in journal.note((thread, number)) } }
                    }
                }
            }
            let events = await journal.next(2_000)
            for thread in 0..<4 { #expect(events.filter { $0.0 == thread }.map(\.1) == Array(0..<500)) }
        }
    }

    @Test("Work that queues work without end still lets timers and sockets have their turn")
    func busyWorkStarvesNobody() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let isDone = Atomic(false)
            @Sendable func again(_ core: LoopCore) {
                if !isDone.load(ordering: .relaxed) { loop.execute(again) }
            }
            loop.execute(again)
            let journal = Journal<Int>()
            loop.execute { core in
                _ = core.schedule(after: .milliseconds(5)) { _ in
                    journal.note(1)
                    return nil
                }
            }
            #expect(await journal.next() == 1)
            isDone.store(true, ordering: .relaxed)
        }
    }

    @Test("A timer never fires early, and fires once unless it says when to come again")
    func timersKeepTime() async throws {
        try await withLoops { group in
            let journal = Journal<Int64>()
            group.loops[0].execute { core in
                let start = core.now
                for delay in [30, 1, 15] as [Int64] {
                    _ = core.schedule(after: .milliseconds(delay)) { now in
                        journal.note(start.nanoseconds(to: now) / 1_000_000 - delay)
                        return nil
                    }
                }
                var left = 3
                _ = core.schedule(after: .milliseconds(1)) { now in
                    journal.note(0)
                    left -= 1
                    return left > 0 ? now.advanced(by: .milliseconds(1)) : nil
                }
            }
            let lateness = await journal.next(6)
            #expect(lateness.allSatisfy { $0 >= 0 })
            #expect(await group.loops[0].run { $0.timerCount } == 0)
        }
    }

    @Test(
        "A repeating timer keeps its name, so it can be cancelled between two calls and inside one",
        arguments: [false, true])
    func cancellingARepeatingTimer(fromInside: Bool) async throws {
        try await withLoops { group in
            let journal = Journal<Int>()
            group.loops[0].execute { core in
                var id: TimerID?
                var calls = 0
                id = core.schedule(after: .milliseconds(1)) { now in
                    calls += 1
                    if calls == 3 {
                        if fromInside {
                            core.cancel(id!)
                        } else {
                            _ = core.schedule(at: now) { _ in
                                core.cancel(id!)
                                return nil
                            }
                        }
                        _ = core.schedule(after: .milliseconds(50)) { _ in
                            journal.note(calls)
                            return nil
                        }
                        return fromInside ? now : now.advanced(by: .milliseconds(20))
                    }
                    return now.advanced(by: .milliseconds(1))
                }
            }
            #expect(await journal.next() == 3)
            #expect(await group.loops[0].run { $0.timerCount } == 0)
        }
    }

    final class Metronome: MediaGridListener {
        private var ticks: [(Instant, UInt64)] = []
        private let wanted: Int
        private let journal: Journal<[(Instant, UInt64)]>
        private weak var core: LoopCore?

        init(_ core: LoopCore, wanted: Int, journal: Journal<[(Instant, UInt64)]>) {
            self.core = core
            self.wanted = wanted
            self.journal = journal
        }

        func gridTick(at now: Instant, periods: UInt64) -> Instant {
            ticks.append((now, periods))
            guard ticks.count == wanted else { return now }
            journal.note(ticks)
            core?.removeFromGrid(self)
            return now
        }
    }

    /// Wants to be spared for so long after each tick.
    private final class Sleeper: MediaGridListener {
        private(set) var ticks: [Int64] = []
        private let spared: Duration

        init(spared: Duration) { self.spared = spared }

        func gridTick(at now: Instant, periods: UInt64) -> Instant {
            ticks.append(now.nanoseconds / 1_000_000)
            return now.advanced(by: spared)
        }
    }

    @Test("Who is to be spared is called at the first tick after that, or at the next one if it hurries")
    func gridSpares() {
        let grid = MediaGrid()
        let (awake, asleep) = (Sleeper(spared: .zero), Sleeper(spared: .milliseconds(70)))
        _ = grid.add(awake)
        _ = grid.add(asleep)
        for tick in Int64(0)..<10 {
            if tick == 5 { grid.hurry(asleep) }
            grid.tick(at: Instant(nanoseconds: tick * 20_000_000), periods: 1)
        }
        #expect(awake.ticks == (0..<10).map { $0 * 20 })
        #expect(asleep.ticks == [0, 80, 100, 180])
    }

    @Test("The grid counts every 20 ms of the absolute clock, for as long as somebody listens")
    func gridKeepsTime() async throws {
        try await withLoops { group in
            let journal = Journal<[(Instant, UInt64)]>()
            for _ in 0..<2 {  // It can be started again after it rested.
                group.loops[0].execute { core in core.addToGrid(Metronome(core, wanted: 10, journal: journal)) }
                let ticks = await journal.next()!
                let first = ticks[0].0.nanoseconds / 20_000_000
                let last = ticks[9].0.nanoseconds / 20_000_000
                let counted = ticks.dropFirst().reduce(0) { $0 + Int64($1.1) }
                #expect(last - first == counted, "periods counted must be periods passed")
            }
        }
    }

    @Test("A loop stops with its thread joined, and what was queued before the end has run")
    func stopping() async throws {
        let group = try LoopGroup(count: 2)
        let journal = Journal<Int>()
        for number in 0..<100 { group.loops[number % 2].execute { _ in journal.note(number) } }
        group.stop()
        #expect(await journal.next(100).count == 100)
    }
}
