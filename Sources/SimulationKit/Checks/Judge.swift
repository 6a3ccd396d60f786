internal import CallCore
internal import CallRuntime
internal import PracticeKit
internal import Telemetry
internal import Timeline

/// Looks at a world that has ended: was every promise kept?
struct Judge {
    private static let legLimit = Duration.seconds(2)
    private static let recordLimit = Duration.seconds(5)
    /// The greeting and the farewell may be played out: the most that is ever kept, and the grace after it.
    private static let farewellLimit = Duration.seconds(130)
    /// No wait of a call is longer, but for the call itself; and what a supervisor takes past it.
    private static let longestDeadline = Duration.seconds(62)
    private static let tearDown = Duration.seconds(7)
    /// The limit of a leg's silence, a heartbeat, and until it is told.
    private static let silenceLimit = Duration.seconds(21)
    private static let retryBudget = Duration.seconds(8)
    /// What the bridge keeps ahead of the caller's ear, and what the network may bring closer together.
    private static let phoneBytes = 3_200 + 1_600 + 3_200

    /// The longest rest of a line, and the network.
    private static let silenceSlack = 2.5
    private static let prerollSeconds = SimulatedCall.preroll.inSeconds

    /// The bridge's clock of the caller's ear may be off by that many milliseconds, beside what the network adds.
    private static let cutSlack = 100

    private let simulation: Simulation
    private let world: World

    init(_ simulation: Simulation) {
        self.simulation = simulation
        world = simulation.world
    }

    func judge() {
        for call in simulation.calls {
            judgeRecord(of: call)
            if call.hung { judgeHung(call) } else { judgeLegs(of: call) }
            judgeSilence(of: call)
            judgeDials(of: call)
            judgeAudio(of: call)
        }
        judgeLeftovers()
    }

    private func check(_ isKept: Bool, _ rule: String, _ call: SimulatedCall? = nil, _ words: @autoclosure () -> String)
    {
        if !isKept { world.violated(rule, call: call?.number, words()) }
    }

    // MARK: the record

    private func judgeRecord(of call: SimulatedCall) {
        guard let started = call.started else { return }
        let kept = OneThread(value: simulation.store)
        let box = Box()
        let name = call.name
        Task(executorPreference: world.executor) {
            let record = try? await kept.value.record(of: .provider(name))
            let events = try? await kept.value.events(of: .provider(name))
            box.fill(record ?? nil, events ?? nil)
        }
        while box.isEmpty, !world.executor.isIdle { world.executor.runOne { _ in 0 } }
        guard let record = box.record else {
            return world.violated("no record", call: call.number, "the call started")
        }
        check(record.status.isFinal, "one final status", call, "it is \(record.status)")
        check(record.endReason != nil, "one final status", call, "no reason")
        if let winner = call.winner {
            let agent = call.agentID(of: winner.side)
            check(
                record.agent == agent && record.upstream == winner.vendor, "the record names who had the call", call,
                "\(record.agent ?? "nobody") at \(record.upstream?.rawValue ?? "none"), and it was \(agent)")
        }
        let endings = simulation.store.endings[record.id] ?? []
        check(endings.count == 1, "one final status", call, "\(endings.count) changes ended it")
        let told = (box.events ?? []).count { $0.kind == .callFinal }
        let wasAway = simulation.store.wasAway(from: started, to: world.now)
        check(told == 1 || wasAway && told == 0, "the end is told once", call, "\(told) events")
        guard let final = endings.first?.at, let end = call.carrierEnd, !wasAway, !call.hung else { return }
        let late = end.duration(to: final)
        check(
            late <= Self.recordLimit + simulation.store.longestAnswer * 4, "the record is final in time", call,
            "\(late) after the carrier's end")
    }

    // MARK: the legs

    private func judgeLegs(of call: SimulatedCall) {
        for upstream in call.upstreams {
            guard let link = upstream.link else { continue }
            if let end = call.carrierEnd, end > World.beginning {
                let gone = link.bridgeLetGo
                check(
                    gone.map { end.duration(to: $0) <= Self.legLimit } ?? false, "no leg outlives the other", call,
                    "the carrier's ended at \(WorldLog.time(end)), the upstream's \(gone.map(WorldLog.time) ?? "never")"
                )
            }
            guard upstream.ready != nil, let end = link.toldEnd, link.bridgeLetGo == end else { continue }
            let limit = call.mayFarewell ? Self.farewellLimit : Self.legLimit
            let gone = call.carrierLink?.bridgeLetGo
            check(
                gone.map { end.duration(to: $0) <= limit } ?? false, "no leg outlives the other", call,
                "the upstream's ended at \(WorldLog.time(end)), the carrier's \(gone.map(WorldLog.time) ?? "never")")
        }
    }

    /// One that hangs hears of nothing; but whoever ends it in its place closes all of it, and tells its end.
    private func judgeHung(_ call: SimulatedCall) {
        guard let stuck = call.stuck, let spell = stuck.spell, let link = call.carrierLink else { return }
        let gone = link.bridgeLetGo.flatMap { stuck.wasStuck(at: $0) ? $0 : nil }
        guard let gone else {
            let length = spell.from.duration(to: spell.to ?? world.now)
            let isOpen = link.bridgeLetGo.map { spell.from < $0 } ?? true
            check(
                !isOpen || length <= Self.longestDeadline + Self.tearDown, "a call that hangs is torn down", call,
                "it hung for \(length)")
            return
        }
        for upstream in call.upstreams {
            let late = upstream.link?.bridgeLetGo.map { gone < $0.advanced(by: .zero - Self.legLimit) } ?? true
            check(!late, "no leg outlives the other", call, "the carrier's was closed at \(WorldLog.time(gone))")
        }
        guard call.started != nil, !simulation.store.wasAway(from: gone, to: gone.advanced(by: Self.recordLimit)) else {
            return
        }
        let endings = simulation.store.endings.values.joined().filter { $0.call == call.name }
        let limit = gone.advanced(by: Self.recordLimit + simulation.store.longestAnswer * 4)
        check(
            endings.contains { $0.at <= limit }, "a call that is torn down is final in time", call,
            "its sockets were closed at \(WorldLog.time(gone))")
    }

    /// A leg on which nothing comes through any more, and nobody says so.
    private func judgeSilence(of call: SimulatedCall) {
        guard !call.hung else { return }
        for link in [call.carrierLink].compactMap({ $0 }) + call.upstreams.compactMap(\.link) {
            guard let dead = link.wentDead else { continue }
            let late = link.bridgeLetGo.map { dead.advanced(by: Self.silenceLimit) < $0 } ?? true
            check(!late, "a half-open leg is found", call, "the \(link.name)'s, since \(WorldLog.time(dead))")
        }
    }

    private func judgeDials(of call: SimulatedCall) {
        for dials in call.dials {
            guard let first = dials.first, let last = dials.last else { continue }
            check(dials.count <= 3, "retries within budget", call, "\(dials.count) attempts")
            check(
                first.duration(to: last) <= Self.retryBudget, "retries within budget", call,
                "\(first.duration(to: last))")
        }
    }

    // MARK: audio

    private func judgeAudio(of call: SimulatedCall) {
        judgeLoudness(of: call)
        if !call.hasOtherAudio, call.upstreams.allSatisfy({ $0.link?.hadTrouble == false }), call.started != nil {
            check(call.missing <= call.framesUnkept, "the caller's words are not lost", call, "\(call.missing) frames")
        }
        guard call.carrierLink?.hadTrouble == false else { return }
        for upstream in call.upstreams where !call.hasOtherAudio { judgeTime(of: upstream, call) }
        if let cut = call.cuts.worst, !call.hasOtherAudio {
            let slack = Self.cutSlack + Int((call.plan.carrierWeather.slowest * 2).inSeconds * 1_000)
            check(
                abs(cut.told - cut.played) <= slack, "what was heard is known", call,
                "told \(cut.told) ms, played \(cut.played) ms")
        }
        check(call.mostHeld <= Self.phoneBytes, "the carrier is not flooded", call, "\(call.mostHeld) bytes")
    }

    /// As PCM, and in packets, the caller's frames have no labels any more, but are as loud for as long.
    private func judgeLoudness(of call: SimulatedCall) {
        guard !call.hasOtherAudio, let started = call.started, let upstream = call.winner,
            let loudTime = upstream.loudTime, upstream.link?.hadTrouble == false,
            let ready = upstream.ready,
            started.duration(to: ready) < .seconds(Self.prerollSeconds - 1),
            // One that is let go of in the moment in which it is ready, for its formats, hears nothing.
            upstream.link?.bridgeLetGo.map({ ready.duration(to: $0) > .seconds(1) }) ?? true
        else { return }
        let (said, heard) = (call.loudFrames, loudTime.blocks)
        // What gets lost of packets is made up; and a gap in the middle of two blocks leaves both of them loud.
        let madeUp = call.plan.manner.isUnordered ? call.loudFramesMissed : 0
        check(
            heard >= said - 10 - said / 10 && heard <= said + madeUp + 10 + said / 10,
            "the caller is as loud as before", call,
            "\(said) frames said, \(heard) heard")
    }

    /// Where a caller sends nothing silence stands for it: an upstream hears as much as time passes, once there is a
    /// caller.
    private func judgeTime(of upstream: SimulatedUpstream, _ call: SimulatedCall) {
        guard let ready = upstream.ready, let link = upstream.link, !link.hadTrouble, upstream.framesBefore > 0,
            let end = [link.bridgeLetGo, call.carrierEnd].compactMap({ $0 }).min(), ready < end
        else { return }
        let passed = ready.duration(to: end).inSeconds
        let heard = Double(upstream.audioBytes) / Double(upstream.wire.bytesPerSecond)
        check(
            heard >= passed - Self.silenceSlack, "silence stands for a caller who sends nothing", call,
            "\(heard) s of audio in \(passed) s")
        check(
            heard <= passed + Self.prerollSeconds + Self.silenceSlack, "nothing is said that took no time", call,
            "\(heard) s of audio in \(passed) s")
    }

    // MARK: leftovers

    private func judgeLeftovers() {
        check(simulation.loop.timersSet == 0, "nothing left over", nil, "\(simulation.loop.timersSet) timers")
        check(simulation.loop.beatsJoined == 0, "nothing left over", nil, "\(simulation.loop.beatsJoined) beats")
        check(world.pauses == 0, "nothing left over", nil, "\(world.pauses) waits")
        check(world.executor.isIdle, "nothing left over", nil, "\(world.executor.count) jobs")
        check(
            simulation.home.audioPiecesInUse == 0, "nothing left over", nil,
            "\(simulation.home.audioPiecesInUse) pieces of audio")
        for (name, count) in simulation.calls.compactMap(\.stuck).flatMap(\.leftovers) {
            check(count == 0, "nothing left over", nil, "\(count) \(name) of a call that hung")
        }
        check(
            simulation.switchboard.liveCalls == 0, "nothing left over", nil, "\(simulation.switchboard.liveCalls) calls"
        )
        for vendor in UpstreamVendor.allCases {
            let active = simulation.metrics.active(vendor).value
            check(active == 0, "nothing left over", nil, "\(active) calls that count as active at \(vendor)")
        }
        for call in simulation.calls {
            let links = [call.carrierLink].compactMap { $0 } + call.upstreams.compactMap(\.link)
            for link in links { check(link.isOver, "nothing left over", call, "its \(link.name) socket") }
            for made in call.made where made.object != nil {
                world.violated("nothing left over", call: call.number, "\(made.name)")
            }
            check(call.generator == nil, "nothing left over", call, "the call itself")
        }
    }

    private final class Box: @unchecked Sendable {
        // Why @unchecked: a world is turned by one thread.
        private(set) var isEmpty = true
        private(set) var record: CallRecord?
        private(set) var events: [CallEvent]?

        func fill(_ record: CallRecord?, _ events: [CallEvent]?) {
            self.record = record
            self.events = events
            isEmpty = false
        }
    }
}

extension SimulatedCall {
    /// When the bridge learnt that the carrier's side is over.
    fileprivate var carrierEnd: Instant? {
        let told = carrierLink?.toldEnd
        guard let stopped else { return told }
        return told.map { min($0, stopped) } ?? stopped
    }

    /// An upstream that takes its leave in the ordinary way, or has said goodbye, is heard to the end.
    fileprivate var mayFarewell: Bool {
        farewellSeen || winner?.saidGoodbye == true
    }

    var secondsOnTheLine: Double {
        guard let started, let end = carrierLink?.toldEnd else { return 0 }
        return started.duration(to: end).inSeconds
    }
}
