internal import CallCore
internal import CallRuntime
internal import HTTPLoop
internal import PracticeKit
internal import Timeline

/// One call as it really is, at the carrier: rings, asks our webhook, opens streams on whichever node the balancer picks,
/// reports, and ends. What the bridge's record says in the end is judged by it.
final class CarrierCall: StreamCarrier {
    /// For an answer to a webhook, and for a stream to be taken in.
    private static let patience = Duration.seconds(15)

    let number: Int
    let name: String
    let plan: CarrierCallPlan
    /// Its first stream, and the one on which its caller comes back.
    let streams: [SimulatedCall]
    private unowned let nodes: NodesSimulation
    private let world: World
    private var dice: SeededRandom
    private(set) var isLive = false
    private var used = 0
    private var sequence = 0
    private(set) var ended: Instant?
    /// When our webhook was asked first.
    private(set) var rang: Instant?
    /// When it answered that a stream is wanted.
    private(set) var expected: Instant?
    private var orders: [(by: WorldProcess, at: Instant)] = []
    /// Reports that were answered with 2xx, by their identity.
    private(set) var acknowledged: [String] = []

    init(_ nodes: NodesSimulation, number: Int, plan: CarrierCallPlan, streams: [SimulatedCall]) {
        self.nodes = nodes
        self.number = number
        self.plan = plan
        self.streams = streams
        name = streams[0].name
        world = nodes.world
        dice = world.dice()
        for stream in streams { stream.carrierSide = self }
    }

    /// The stream that is on the line, or was last.
    var stream: SimulatedCall? { used > 0 ? streams[used - 1] : nil }
    var number15: String { "1555\(1_000 + streams[0].number)" }

    var began: Instant { dialled ?? World.beginning.advanced(by: plan.begins) }
    /// When it was dialled, and where it asks and reports.
    private(set) var dialled: Instant?
    private var voice = "/twilio/voice"
    private var callback = "/twilio/status"

    // MARK: its beginning

    func dial(asking voice: String, reporting status: String) {
        dialled = world.now
        self.voice = voice
        callback = status
        begin()
    }

    func begin() {
        world.note("carrier call begins", call: number, "\(plan.kind)")
        isLive = true
        switch plan.kind {
        case .answered, .abandoned:
            report { !$0.isFinal }
            ring(again: plan.tries)
        case .foreign:
            report { !$0.isFinal }
            openStream()
        case .reported:
            report { !$0.isFinal }
            world.after(plan.patience) { [self] in callEnded() }
        case .dialled:
            report { !$0.isFinal }
            guard plan.final == .completed else { return world.after(plan.patience) { [self] in callEnded() } }
            world.after(plan.ringing) { [self] in ring(again: plan.tries) }
        case .scheduled: break
        }
    }

    private func ring(again tries: Int) {
        guard isLive else { return }
        rang = rang ?? world.now
        post(voice, form(plan.isDialled ? .inProgress : .ringing)) { [self] answer in
            guard isLive else { return }
            guard let answer, answer.status == 200 else {
                guard tries > 0 else { return callEnded() }
                return world.after(.milliseconds(200 + dice.below(2_000))) { [self] in ring(again: tries - 1) }
            }
            follow((try? CallInstruction.read(answer.body)) ?? [])
        }
    }

    private func follow(_ instructions: [CallInstruction]) {
        let wantsStream = instructions.contains { if case .connect = $0 { true } else { false } }
        guard wantsStream, used == 0, expected == nil else {
            return world.after(.milliseconds(500)) { [self] in callEnded() }
        }
        expected = world.now
        world.after(plan.kind == .abandoned ? .milliseconds(dice.below(3_000)) : plan.ringing) { [self] in
            if plan.kind == .abandoned { callEnded() } else { openStream() }
        }
    }

    // MARK: streams

    private func openStream(on chosen: BridgeProcess? = nil) {
        guard isLive, used < streams.count else { return }
        let stream = streams[used]
        used += 1
        guard let node = chosen ?? nodes.balancer.pick() else { return streamEnded() }
        var isTaken = false
        node.process.meet { [self] in
            guard isLive, !isTaken, node.isThere else { return }
            isTaken = true
            // 503 is an answer, too.
            guard node.takesCall else { return streamEnded() }
            nodes.open(stream, of: self, on: node)
        }
        world.after(Self.patience) { [self] in
            guard !isTaken else { return }
            isTaken = true
            streamEnded()
        }
    }

    /// The caller was cut off and is about to come again.
    private(set) var isAway = false
    /// He comes when he is asked about, and not before.
    private var isHeld = false
    /// Nobody stays away for longer.
    private static let longestHold = Duration.seconds(20)

    func hold() {
        guard isAway, !isHeld else { return }
        isHeld = true
        world.after(Self.longestHold) { [self] in comeBack() }
    }

    /// - Parameter process: Of the node to which he comes; nil is any.
    func comeBack(to process: WorldProcess? = nil) {
        guard isAway else { return }
        isAway = false
        openStream(on: nodes.life(of: process).flatMap { $0.isListening ? $0 : nil })
    }

    func streamEnded() {
        guard isLive else { return }
        switch plan.afterwards {
        case .returns(let wait) where used < streams.count && stream?.process?.isDead == true:
            world.note("caller comes back", call: number)
            isAway = true
            world.after(wait) { [self] in if !isHeld { comeBack() } }
        case .asks, .returns:
            guard plan.isAnswered else { return endSoon(.milliseconds(100 + dice.below(2_000))) }
            post("/twilio/connect-ended", form(.inProgress)) { [self] answer in
                world.note("bridge is asked what follows", call: number, number: answer?.status ?? 0)
                let next = answer.flatMap { try? CallInstruction.read($0.body) } ?? []
                let goesOn = next.contains { if case .connect = $0 { true } else { false } }
                guard goesOn, used < streams.count else { return endSoon(.milliseconds(100 + dice.below(4_000))) }
                world.note("caller is told to come back", call: number)
                world.after(.milliseconds(50 + dice.below(1_500))) { [self] in openStream() }
            }
        case .holds(let wait): endSoon(wait)
        }
    }

    private func endSoon(_ wait: Duration) { world.after(wait) { [self] in callEnded() } }

    func callEnded() {
        guard isLive else { return }
        isLive = false
        ended = world.now
        world.note("carrier ends call", call: number)
        report(\.isFinal)
    }

    /// A node orders its end, whether it is heard or not.
    func ordered(by process: WorldProcess) { orders.append((process, world.now)) }

    func firstOrder(by process: WorldProcess) -> Instant? { orders.first { $0.by === process }?.at }

    /// As REST was told to.
    func hangUp() {
        stream?.phone?.carrierEnds()
        callEnded()
    }

    /// The caller goes, whatever else happens.
    func giveUp() {
        guard isLive else { return }
        world.note("caller goes", call: number)
        hangUp()
    }

    // MARK: reports

    private func report(_ which: (CallStatus) -> Bool) {
        for report in plan.reports where which(report.status) {
            let form = form(report.status)
            for _ in 0..<report.copies {
                let wait = report.delay + .milliseconds(dice.below(3_000))
                world.after(wait) { [self] in deliver(report.status, form, again: plan.tries) }
            }
        }
    }

    /// To whichever node, until one has it or the carrier's patience is over.
    private func deliver(_ status: CallStatus, _ form: String, again tries: Int) {
        world.note("carrier reports", call: number, status.rawValue)
        // What was slow then may hold this up.
        let began = world.now.advanced(by: .seconds(-10))
        post(callback, form) { [self] answer in
            if let answer, (200..<300).contains(answer.status) {
                acknowledged.append("twilio/status/\(name)/\(status.rawValue)/\(sequence(of: status))")
                return
            }
            if answer?.status == 503, !nodes.database.troubles.hadBoth(from: began, to: world.now) {
                world.violated(
                    "a webhook is refused only when nothing can be kept", call: number,
                    "\(status.rawValue) got \(String(decoding: answer?.body ?? [], as: UTF8.self))")
            }
            guard tries > 1 else { return world.note("carrier gives a report up", call: number, status.rawValue) }
            world.after(.milliseconds(500 + dice.below(4_000))) { [self] in deliver(status, form, again: tries - 1) }
        }
    }

    private func sequence(of status: CallStatus) -> Int {
        switch status {
        case .queued, .initiated: 0
        case .ringing: 1
        case .inProgress: 2
        case .completed, .busy, .failed, .noAnswer, .canceled: 3
        }
    }

    private func form(_ status: CallStatus) -> String {
        "CallSid=\(name)&AccountSid=AC0&From=%2B1444\(1_000 + number)&To=%2B\(number15)"
            + "&Direction=\(plan.isDialled ? "outbound-api" : "inbound")&CallStatus=\(status.rawValue)&SequenceNumber=\(sequence(of: status))"
    }

    /// Told once: the answer, or nil when none came in time.
    private func post(_ path: String, _ form: String, then told: @escaping (HTTPResponse?) -> Void) {
        var isTold = false
        func tell(_ answer: HTTPResponse?) {
            guard !isTold else { return }
            isTold = true
            told(answer)
        }
        guard let node = nodes.balancer.pick() else {
            return world.after(.milliseconds(50)) { tell(nil) }
        }
        world.after(.milliseconds(1 + dice.below(150))) { [self] in
            node.answer(path, form) { [self] answer in
                let wait = Duration.milliseconds(1 + dice.below(150))
                world.after(wait) { tell(answer) }
            }
        }
        world.after(Self.patience) { tell(nil) }
    }
}
