internal import CallCore
internal import CallRuntime
internal import CallStore
internal import PracticeKit
internal import Timeline

/// Looks at a world of several nodes: each record as its call was, final once and in time, and nothing lost, invented or
/// left over.
struct NodesJudge {
    /// Past `expected`, for a call whose stream never came.
    private static let grace = Duration.seconds(5)
    /// After a successor is ready, where the carrier answers.
    private static let takeover = Duration.seconds(10)
    /// What meets a trouble is tried for that long, and then goes by the spool.
    private static let telling = ProcessStore.timeout + .milliseconds(500)
    /// From a decision to the order that follows from it, where the disk is slow at best.
    private static let deciding = Duration.seconds(1)
    /// After a call was torn down.
    private static let lastWord = Duration.seconds(5)
    /// A disk that is slow at best, and the network.
    private static let slack = Duration.seconds(2)

    private let nodes: NodesSimulation
    private let world: World
    private var witness: StoreWitness { nodes.database.witness }

    init(_ nodes: NodesSimulation) {
        self.nodes = nodes
        world = nodes.world
    }

    private func check(_ isKept: Bool, _ rule: String, _ call: Int? = nil, _ words: @autoclosure () -> String) {
        if !isKept { world.violated(rule, call: call, words()) }
    }

    func judge() {
        let tables = nodes.database.tables
        let page = try? tables.page(CallPage.Request(limit: 10_000), matching: CallFilter())
        let records = page?.records ?? []
        var byName: [String: CallRecord] = [:]
        for record in records {
            guard let name = record.providerCallID else { continue }
            check(byName[name] == nil, "no call is invented", nil, "\(name) has two records")
            check(nodes.calls.contains { $0.name == name }, "no call is invented", nil, "nobody called \(name)")
            byName[name] = record
        }
        for record in records { judge(record) }
        judgeTellings(records)
        for call in nodes.calls { judge(call, byName[call.name]) }
        for life in nodes.nodes.flatMap(\.lives) { HealthJudge(life).judge() }
        judgeLeftovers()
    }

    // MARK: records

    private func call(of record: CallRecord) -> CarrierCall? {
        record.providerCallID.flatMap { name in nodes.calls.first { $0.name == name } }
    }

    private func judge(_ record: CallRecord) {
        let number = call(of: record)?.number
        let endings = witness.endings[record.id] ?? []
        let told = ((try? nodes.database.tables.events(of: .id(record.id))) ?? nil)?.count { $0.kind == .callFinal }
        guard record.scheduledAt == nil else {
            check(
                record.status == .queued && endings.isEmpty, "a call of tomorrow is never swept", nil,
                "\(record.id) is \(record.status)")
            return
        }
        check(record.status.isFinal, "one final status", number, "\(record.id) is \(record.status)")
        check(record.endReason != nil, "one final status", number, "no reason")
        check(record.unreconciledSince == nil, "one final status", number, "the carrier still owes an answer")
        check(endings.count == 1, "one final status", number, "\(endings.count) changes ended it")
        check(told == 1, "the end is told once", number, "\(told ?? 0) events")
    }

    /// What was promised is there, and nothing is there more often than it was told.
    private func judgeTellings(_ records: [CallRecord]) {
        var ids: [CallReference: CallID] = [:]
        for record in records {
            ids[.id(record.id)] = record.id
            if let name = record.providerCallID { ids[.provider(name)] = record.id }
        }
        typealias Counts = [StoreWitness.EventKey: Int]
        var (promised, told): ([CallID: Counts], [CallID: Counts]) = ([:], [:])
        for telling in witness.tellings {
            guard let id = telling.names.lazy.compactMap({ ids[$0] }).first else {
                check(!telling.isPromised, "what was promised is kept", nil, "no record of \(telling.names)")
                continue
            }
            for event in telling.events {
                told[id, default: [:]][event, default: 0] += 1
                if telling.isPromised { promised[id, default: [:]][event, default: 0] += 1 }
            }
        }
        for record in records {
            let number = call(of: record)?.number
            var kept: Counts = [:]
            for event in ((try? nodes.database.tables.events(of: .id(record.id))) ?? nil) ?? [] {
                kept[StoreWitness.EventKey(event), default: 0] += 1
            }
            // A report and a stream may both tell that somebody answered: the first to do so is believed.
            let isAnswered = kept.keys.contains { $0.kind == .callAnswered }
            for (event, count) in promised[record.id] ?? [:]
            where kept[event, default: 0] < count && !(isAnswered && event.kind == .callAnswered) {
                world.violated(
                    "what was promised is kept", call: number, "\(kept[event, default: 0]) of \(count) \(event.kind)")
            }
            for (event, count) in told[record.id] ?? [:] where kept[event, default: 0] > count {
                world.violated(
                    "nothing is kept twice", call: number, "\(kept[event, default: 0]) of \(count) \(event.kind)")
            }
        }
    }

    // MARK: calls

    private func judge(_ call: CarrierCall, _ record: CallRecord?) {
        for identity in call.acknowledged where (try? nodes.database.tables.hasTaken(identity)) != true {
            world.violated("what was promised is kept", call: call.number, "a report: \(identity)")
        }
        for started in call.streams.compactMap(\.started) where record == nil {
            let soon = started.advanced(by: Self.takeover)
            guard nodes.wasQuiet(from: started, to: soon), !nodes.database.troubles.hadAny(from: started, to: soon)
            else {
                continue
            }
            world.violated("no record", call: call.number, "a stream of it started")
        }
        guard let record, let ending = witness.endings[record.id]?.first else { return }
        for stream in call.streams { judgeHung(stream, of: call, ending) }
        judgeTime(of: call, ending)
    }

    /// Whoever ended it in its place has told its end, too.
    private func judgeHung(_ stream: SimulatedCall, of call: CarrierCall, _ ending: StoreWitness.Ending) {
        guard let gone = stream.carrierLink?.bridgeLetGo, stream.stuck?.wasStuck(at: gone) == true,
            stream.started != nil, call.stream === stream
        else { return }
        let limit = gone.advanced(by: Self.lastWord + Self.slack)
        guard nodes.wasQuiet(from: gone, to: limit), !nodes.database.troubles.hadAny(from: gone, to: limit) else {
            return
        }
        check(
            ending.at <= limit, "a call that is torn down is final in time", call.number,
            "\(gone.duration(to: ending.at)) after its sockets were closed")
    }

    /// Where nothing disturbed it the end comes as soon as it is said to.
    private func judgeTime(of call: CarrierCall, _ ending: StoreWitness.Ending) {
        guard let books = nodes.books else { return }
        func isQuiet(from start: Instant, to end: Instant) -> Bool {
            nodes.wasQuiet(from: start, to: end) && !nodes.database.troubles.hadAny(from: start, to: end)
                && books.wasFlawless(from: start, to: end)
        }
        // A node that is stopped answers nothing, and the webhook comes again, to another.
        if let answered = call.expected, call.stream == nil, !call.plan.isDialled, let ended = call.ended {
            let limit = answered.advanced(by: nodes.rules.expected + Self.grace + Self.slack)
            if ended < limit.advanced(by: .zero - Self.grace), isQuiet(from: call.rang ?? answered, to: limit) {
                check(
                    ending.at <= limit, "a call without a stream is final in time", call.number,
                    "\(answered.duration(to: ending.at)) after its webhook was answered")
            }
        }
        guard let stream = call.stream, stream.started != nil,
            let cut = stream.process.flatMap({ process in nodes.death(of: process) }), nodes.database.hasLocks,
            let successor = nodes.successor(after: cut), let ready = successor.readyAt
        else { return }
        let limit = ready.advanced(by: Self.takeover + Self.slack)
        guard nodes.wasQuiet(from: ready, to: limit),
            !nodes.database.troubles.hadAny(from: cut.advanced(by: .seconds(-60)), to: limit),
            books.wasFlawless(from: cut, to: limit)
        else { return }
        check(
            ending.at <= limit, "a dead node's call is final soon", call.number,
            "\(ready.duration(to: ending.at)) after its successor was ready")
    }

    /// At once, as a record becomes final: was it time?
    func judgeEarly(_ record: CallRecord, _ ending: StoreWitness.Ending) {
        if ending.by == "call", let stream = call(of: record)?.stream {
            nodes.life(of: stream.process)?.judgeEnd(ending.reason)
        }
        guard ending.by == "sweep", let call = call(of: record), call.isLive else { return }
        // How old a record is that another process opened, only the wall clock says.
        let isDated = !nodes.clocksJump || nodes.wasQuiet(from: call.began, to: world.now)
        if isDated, ending.reason == .noStart, let rang = call.rang {
            check(
                rang.duration(to: world.now) >= nodes.rules.expected, "a stream has its time to come", call.number,
                "closed \(rang.duration(to: world.now)) after its webhook")
        }
        if isDated, ending.reason == .stale {
            let age = call.began.duration(to: world.now)
            check(
                age >= min(nodes.rules.stale, nodes.rules.patience), "nothing is stale before its time", call.number,
                "closed \(age) after it began")
        }
        guard let stream = call.stream, let node = nodes.life(of: stream.process), !node.process.isDead,
            node.switchboard.hasCall(call.name), stream.phone?.isOver == false,
            !nodes.wasStopped(node, since: world.now.advanced(by: .seconds(-120)))
        else { return }
        if judgeOwn(call, stream, ending) { return }
        // What the store could not be told nobody can know.
        let isKnown = record.streamID == stream.stream
        let telling = world.now.advanced(by: .zero - Self.telling)
        guard isKnown || !nodes.database.troubles.hadAny(from: telling, to: world.now),
            stream.started.map({ $0.duration(to: world.now) > .seconds(4) }) ?? false
        else { return }
        world.violated("a call that lives is not swept", call: call.number, "\(ending.reason.rawValue)")
    }

    /// Who sweeps knows whom it has on the line itself, as soon as it is to decide. True if it did not.
    private func judgeOwn(_ call: CarrierCall, _ stream: SimulatedCall, _ ending: StoreWitness.Ending) -> Bool {
        guard let process = stream.process, let owner = ending.owner, nodes.database.process(of: owner) === process,
            let started = stream.started,
            !nodes.database.troubles.hadAny(from: world.now.advanced(by: .zero - Self.telling), to: world.now),
            started.duration(to: call.firstOrder(by: process) ?? world.now) > Self.deciding
        else { return false }
        world.violated("who is on the line is not swept", call: call.number, "\(ending.reason.rawValue)")
        return true
    }

    // MARK: leftovers

    private func judgeLeftovers() {
        check(world.executor.isIdle, "nothing left over", nil, "\(world.executor.count) jobs")
        check(world.pauses == 0, "nothing left over", nil, "\(world.pauses) waits")
        for life in nodes.nodes.flatMap(\.lives) {
            for (name, count) in life.leftovers {
                world.violated("nothing left over", "\(life.process.name): \(count) \(name)")
            }
        }
        for stream in nodes.calls.flatMap(\.streams) {
            let links = [stream.carrierLink].compactMap { $0 } + stream.upstreams.compactMap(\.link)
            for link in links where !link.isOver {
                world.violated("nothing left over", call: stream.number, "its \(link.name) socket")
            }
            for made in stream.made where made.object != nil {
                world.violated("nothing left over", call: stream.number, "\(made.name)")
            }
            check(stream.generator == nil, "nothing left over", stream.number, "the call itself")
        }
    }
}
