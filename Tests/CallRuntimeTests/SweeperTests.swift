import CallCore
import CallStore
import Telemetry
import Testing
import Timeline

@testable import CallRuntime

@Suite("Sweeper", .timeLimit(.minutes(1)))
struct SweeperTests {
    private let world = SweepFixture()

    /// A node that has the first calls on the line, and dies; and one that has entered after it.
    private func afterDeath(
        of count: Int, hasCarrier: Bool = true, rules: SweepRules = SweepRules()
    ) async throws -> (Sweeper, [CallID]) {
        let dead = world.node("dead")
        try await world.begin(dead)
        var calls: [CallID] = []
        for number in 1...count { calls.append(try await world.call(number, of: dead)) }
        try await world.dies(dead)
        let heir = world.node("heir", hasCarrier: hasCarrier, rules: rules)
        try await world.begin(heir)
        return (heir, calls)
    }

    private func kinds(_ call: CallID) async throws -> [CallEvent.Kind] {
        try await world.store.events(of: .id(call))?.map(\.kind) ?? []
    }

    @Test("A node is ready without the carrier: what it claimed shows as unreconciled")
    func ready() async throws {
        let (_, calls) = try await afterDeath(of: 3)
        #expect(world.asked.isEmpty)
        #expect(world.unreconciled == 3)
        for call in calls {
            let record = try await world.record(call)
            #expect(record?.status == .inProgress && record?.unreconciledSince == world.utc)
        }
    }

    @Test("The carrier's final status is taken, and the event says why")
    func final() async throws {
        let (heir, calls) = try await afterDeath(of: 1)
        world.carrier(says: .status(.busy), of: "CA1")
        await world.pass(.seconds(1), heir)
        let record = try await world.record(calls[0])
        #expect(record?.endReason == .busy && record?.carrier.status == "busy" && record?.unreconciledSince == nil)
        #expect(try await kinds(calls[0]).suffix(2) == [.callFinal, .swept])
        #expect(world.swept(.busy) == 1 && world.unreconciled == 0)
    }

    @Test("A call that lives at the carrier is hung up after 5 s, and its record says node-lost")
    func notResumed() async throws {
        let (heir, calls) = try await afterDeath(of: 1)
        world.carrier(says: .status(.inProgress), of: "CA1")
        await world.pass(.milliseconds(4_900), heir, step: .milliseconds(100))
        #expect(world.hungUp.isEmpty)
        await world.pass(.milliseconds(200), heir, step: .milliseconds(100))
        #expect(world.hungUp == ["CA1"])
        #expect(try await world.record(calls[0])?.endReason == .nodeLost)
    }

    @Test("A call that came back goes on in its record")
    func resumed() async throws {
        let (heir, calls) = try await afterDeath(of: 1)
        world.carrier(says: .status(.inProgress), of: "CA1")
        await world.pass(.seconds(2), heir)
        world.answers("CA1", at: "heir")
        await world.pass(.seconds(100), heir)
        let record = try await world.record(calls[0])
        #expect(record?.status == .inProgress && record?.unreconciledSince == nil)
        #expect(world.hungUp.isEmpty && world.unreconciled == 0)
    }

    @Test("A carrier that is away is asked for 15 min, and then the record is stale; one that comes back is heard soon")
    func silent() async throws {
        let (heir, calls) = try await afterDeath(of: 2)
        await world.pass(.seconds(890), heir)
        #expect(world.unreconciled == 2)
        world.carrier(says: .status(.completed), of: "CA1")
        await world.pass(.seconds(31), heir)
        #expect(try await world.record(calls[0])?.endReason == .callerHangup)
        #expect(try await world.record(calls[1])?.endReason == .stale)
        #expect(world.unreconciled == 0)
    }

    @Test("500 calls are asked about side by side, not faster than the carrier may be asked, and all end in 10 s")
    func many() async throws {
        let (heir, calls) = try await afterDeath(of: 500)
        for number in 1...500 {
            world.carrier(says: number % 2 == 0 ? .unknown : .status(.completed), of: "CA\(number)")
        }
        let began = world.now
        while world.unreconciled > 0, began.duration(to: world.now) < .seconds(30) {
            await world.pass(.milliseconds(100), heir, step: .milliseconds(50))
        }
        #expect(began.duration(to: world.now) <= .seconds(10))
        #expect(world.mostAtOnce > 1 && world.mostAtOnce <= 16)
        let times = world.askedAt
        for (index, time) in times.enumerated() where index >= 200 {
            #expect(time - times[index - 200] >= .milliseconds(990))
        }
        for call in calls { #expect(try await world.record(call)?.status.isFinal == true) }
    }

    @Test("A caller who hung up before the stream is final within 5 s of the time that the stream has")
    func noStream() async throws {
        let node = world.node("a")
        try await world.begin(node)
        let call = try await world.call(1, of: node, stream: false, status: .ringing)
        node.expect(call)
        world.carrier(says: .status(.completed), of: "CA1")
        await world.pass(.milliseconds(29_500), node)
        #expect(world.asked.isEmpty)
        await world.pass(.seconds(1), node)
        #expect(try await world.record(call)?.endReason == .callerHangup)
    }

    @Test("Nor does it take longer where a report had opened the record under another id")
    func noStreamOfOtherName() async throws {
        let node = world.node("a")
        try await world.begin(node)
        let call = try await world.call(1, of: node, stream: false, status: .ringing)
        node.expect(CallID(at: world.utc, random: (7, 7)), as: "CA1")
        world.carrier(says: .status(.completed), of: "CA1")
        // The look that finds the open record takes it for no older than the stream's webhook made it.
        await world.pass(.milliseconds(29_500), node)
        #expect(world.asked.isEmpty)
        await world.pass(.seconds(1), node)
        #expect(try await world.record(call)?.endReason == .callerHangup)
    }

    @Test("A scheduled call of tomorrow is never swept; one that nobody dialled in time is canceled")
    func scheduled() async throws {
        let node = world.node("a")
        try await world.begin(node)
        let tomorrow = UTCTime(millisecondsSince1970: world.utc.millisecondsSince1970 + 86_400_000)
        let call = try await world.call(
            1, of: node, stream: false, status: .queued, named: false, scheduledAt: tomorrow)
        await world.pass(.seconds(86_400 + 890), node, step: .seconds(30))
        #expect(try await world.record(call)?.status == .queued)
        await world.pass(.seconds(60), node, step: .seconds(10))
        #expect(try await world.record(call)?.status == .canceled)
        #expect(world.asked.isEmpty)
    }

    @Test(
        "A call on the line is left alone, however old it gets, and stale only half an hour after its session is gone")
    func sessions() async throws {
        let node = world.node("a", hasCarrier: false)
        try await world.begin(node)
        let call = try await world.call(1, of: node)
        world.answers("CA1", at: "a")
        await world.pass(.seconds(20_000), node, step: .seconds(30))
        #expect(try await world.record(call)?.status == .inProgress)
        world.endSession("CA1", at: "a")
        await world.pass(.seconds(1_780), node, step: .seconds(30))
        #expect(try await world.record(call)?.status == .inProgress)
        await world.pass(.seconds(60), node, step: .seconds(10))
        #expect(try await world.record(call)?.endReason == .stale)
    }

    @Test("A node that slept too long drops what was taken over, and goes on with new calls under a new epoch")
    func slept() async throws {
        let sleeper = world.node("a")
        let heir = world.node("b")
        try await world.begin(sleeper)
        try await world.begin(heir)
        let call = try await world.call(1, of: sleeper)
        world.answers("CA1", at: "a")
        let epoch = sleeper.tenure.epoch
        for _ in 0..<7 {
            world.advance(.seconds(10))
            await heir.renew()
        }
        await world.pass(.seconds(1), heir)
        #expect(world.unreconciled == 1)
        let answers = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<5 { group.addTask { await sleeper.answersForCalls() } }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(answers == Array(repeating: false, count: 5))
        #expect(world.dropped == ["CA1"])
        #expect(await sleeper.answersForCalls())
        #expect(await heir.answersForCalls())
        #expect(try #require(sleeper.tenure.epoch) > epoch!)
        #expect(world.errors.records.map(\.report.code) == ["node.fenced"])
        _ = try await world.call(2, of: sleeper)
        #expect(try await world.record(call)?.endReason == nil)
    }

    @Test("When the store was away for everybody, nobody is taken for dead by who comes first")
    func allHeldUp() async throws {
        let first = world.node("a")
        let second = world.node("b")
        try await world.begin(first)
        try await world.begin(second)
        try await world.call(1, of: first)
        world.answers("CA1", at: "a")
        world.advance(.seconds(40))
        await second.renew()
        await second.turn()
        #expect(world.unreconciled == 0)
        world.advance(.seconds(9))
        await first.renew()
        await second.renew()
        await world.pass(.seconds(60), first, second, step: .seconds(5), renewing: true)
        #expect(world.unreconciled == 0 && world.dropped.isEmpty && world.errors.records.isEmpty)
    }

    @Test("A node that stops leaves what is open to others, who need not wait")
    func stops() async throws {
        let first = world.node("a")
        try await world.begin(first)
        let call = try await world.call(1, of: first)
        await first.stop()
        let second = world.node("b")
        world.carrier(says: .status(.completed), of: "CA1")
        try await world.begin(second)
        await world.pass(.milliseconds(500), second)
        #expect(try await world.record(call)?.endReason == .callerHangup)
    }

    @Test("A sweep on demand waits for callers who may come back, and tells what it closed and what it left")
    func onDemand() async throws {
        let (heir, calls) = try await afterDeath(of: 4)
        world.carrier(says: .status(.inProgress), of: "CA1")
        world.carrier(says: .status(.completed), of: "CA2")
        try await world.call(9, of: heir)
        world.answers("CA9", at: "heir")
        world.answers("CA3", at: "heir")
        let report = try await heir.sweepNow()
        #expect(report.lookedAt == 5)
        #expect(report.left == [.live: 2])
        let closed = report.closed.sorted { $0.call < $1.call }
        #expect(closed.map(\.call) == [calls[0], calls[1]])
        #expect(closed.map(\.cause) == [.notResumed, .carrierFinal])
        #expect(report.unreconciled == 1)
    }

    @Test("When the carrier asks what follows the stream of a dead node's call, it can be given up there and then")
    func connectEnded() async throws {
        let dead = world.node("dead")
        let heir = world.node("heir")
        try await world.begin(dead)
        try await world.begin(heir)
        let call = try await world.call(1, of: dead)
        #expect(await heir.streamEnded(of: "CA1") == nil)
        try await world.dies(dead)
        #expect(await heir.streamEnded(of: "CA1")?.id == call)
        #expect(try await world.record(call)?.endReason == nil)
        await heir.giveUp(call)
        #expect(try await world.record(call)?.endReason == .nodeLost)
        #expect(await heir.streamEnded(of: "CA1") == nil)
        #expect(await heir.streamEnded(of: "CA7") == nil)
    }

    @Test("Whoever the carrier asks may go on with a dead node's call, even if another one has claimed it")
    func askedElsewhere() async throws {
        let dead = world.node("dead")
        let heir = world.node("heir")
        let other = world.node("other")
        for node in [dead, heir, other] { try await world.begin(node) }
        let call = try await world.call(1, of: dead)
        try await world.dies(dead)
        #expect(await heir.streamEnded(of: "CA1")?.id == call)
        #expect(await other.streamEnded(of: "CA1")?.id == call)
        #expect(await other.awaitResumption(of: call))
        await heir.giveUp(call)
        #expect(try await world.record(call)?.endReason == nil, "it is not the heir's any more")
    }
}
