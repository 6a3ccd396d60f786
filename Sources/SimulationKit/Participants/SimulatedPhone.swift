internal import CallCore
internal import CarrierWire
internal import PracticeKit
internal import Timeline

/// A caller and the carrier's end of its stream: plays what it gets at 8,000 bytes a second, gives marks back when it
/// comes to them, talks, and ends the call in one of many ways.
final class SimulatedPhone: ConnectionPeer {
    /// What it is told when the bridge takes in a message; a frame's is its number, doubled, and whether it is loud.
    private enum Tag {
        static let start = -1
        static let stop = -2
    }

    /// As long as what a packet sounds like, which is looked at where it is sent.
    private static let packetSilence = [UInt8](repeating: MuLaw.silence, count: CallerAudio.frameBytes)

    private unowned let call: SimulatedCall
    private let world: World
    private let plan: PhonePlan
    private let isFull: Bool
    private let manner: CarrierManner
    private var road: SeededRandom
    private var writer: StreamWriter
    private let frameWriter: FrameWriter
    private var playback: Playback
    private var plannedMark: Instant?
    private var began: Instant
    private var frames = 0
    private var speech = 0
    private var talking: () -> Void = {}
    private var isTalking = false
    private(set) var isOver = false
    private var doublesMarks = false

    init(_ call: SimulatedCall, plan: PhonePlan, isFull: Bool) {
        self.call = call
        self.plan = plan
        self.isFull = isFull
        world = call.world
        began = world.now
        playback = Playback(origin: world.now)
        manner = call.plan.manner
        road = SeededRandom(seed: UInt64(call.number))
        writer = StreamWriter(
            StreamWriter.Identity(account: "AC0", call: call.name, stream: call.stream), dialect: manner.phone)
        frameWriter = FrameWriter(call: call.number, stream: call.stream, manner: manner)
        talking = { [unowned self] in talk() }
    }

    var answersClose: Duration? { plan.answersClose }
    private var link: Connection? { call.carrierLink }
    private var time: Duration { began.duration(to: world.now) }

    // MARK: its side of the stream

    /// The socket is open.
    func begin() {
        link?.sendToBridge(Array(writer.connected.utf8))
        for entry in plan.mischief { later(entry.at) { $0.misbehave(entry.1) } }
        later(plan.endsAt) { $0.hangUp($0.plan.ending) }
        guard let start = plan.start else { return }
        later(start) { $0.start() }
    }

    private func later(_ at: Duration, _ action: @escaping (SimulatedPhone) -> Void) {
        world.at(began.advanced(by: at)) { [weak self] in
            guard let self, !isOver else { return }
            action(self)
        }
    }

    private func start() {
        let text = Array(writer.start(parameters: call.parameters(token: plan.token)).utf8)
        world.note("phone starts", call: call.number)
        link?.sendToBridge(text, tag: Tag.start)
        isTalking = true
        talk()
        for key in plan.keys where key.at > time { later(key.at) { $0.press(key.digit) } }
    }

    func arrived(_ tag: Int) {
        switch tag {
        case Tag.start: call.startCame()
        case Tag.stop: call.stopCame()
        default: call.frameReached(tag >> 1, isLoud: tag & 1 == 1)
        }
    }

    private func press(_ digit: Character) { say(writer.key(digit)) }

    private func say(_ text: String) { link?.sendToBridge(Array(text.utf8)) }

    /// A frame every 20 ms, as long as there is a caller.
    private func talk() {
        guard !isOver, isTalking else { return }
        let now = time
        speech = plan.speech(at: now, from: speech)
        if plan.mute?.contains(now) != true {
            frames += 1
            writer.skipMedia()
            let isLoud = plan.isSpeaking(at: now, in: speech)
            call.frameSaid(frames, isLoud: isLoud)
            send(
                frameWriter.frame(
                    frames, sequence: writer.sequence, at: Int(now.wholeNanoseconds / 20_000_000) * 20, isLoud: isLoud),
                tag: frames << 1 | (isLoud ? 1 : 0))
        }
        let next = isFull ? now + .milliseconds(20) : plan.nextFrame(after: now, in: speech)
        world.at(began.advanced(by: next), talking)
    }

    private func send(_ frame: [UInt8], tag: Int) {
        switch manner.road.fate(using: &road) {
        case .lost: break
        case .sent(let wait): send(frame, tag: tag, after: wait)
        case .sentTwice(let wait, let again):
            send(frame, tag: tag, after: wait)
            send(frame, tag: tag, after: again)
        }
    }

    private func send(_ frame: [UInt8], tag: Int, after wait: Duration) {
        guard wait > .zero else {
            link?.sendToBridge(frame, tag: tag)
            return
        }
        later(time + wait) { if $0.isTalking { $0.link?.sendToBridge(frame, tag: tag) } }
    }

    private func misbehave(_ mischief: PhonePlan.Mischief) {
        world.note("phone misbehaves", call: call.number, "\(mischief)")
        switch mischief {
        case .noJSON: say("{\"event\":\"media\",")
        case .unknownEvent where manner.bridge == .telnyx:
            say("{\"event\":\"error\",\"payload\":{\"code\":100002,\"title\":\"unknown\"}}")
        case .unknownEvent: say("{\"event\":\"weather\",\"streamSid\":\"\(call.stream)\"}")
        case .foreignStream:
            let foreign = FrameWriter(call: call.number, stream: "MZ9999", manner: manner)
            link?.sendToBridge(foreign.frame(carrying: "/////w==", sequence: 9))
        case .badPayload: link?.sendToBridge(frameWriter.frame(carrying: "%%%", sequence: 9))
        case .unknownMark: say(writer.mark("no mark of yours"))
        case .doubleMarks: doublesMarks = true
        case .startAgain:
            guard isTalking else { return }
            say(writer.start(parameters: []))
        }
    }

    // MARK: what the bridge says

    func received(_ text: [UInt8]) {
        guard !isOver else { return }
        do throws(BridgeMessage.Fault) {
            switch try BridgeMessage(text.span, stream: manner.named(call.stream)) {
            case .media(let audio):
                let bytes = manner.spoken == .opus ? Self.packetSilence : audio
                if !playback.play(bytes, at: world.now) { world.violated("phone buffer full", call: call.number, "") }
                call.phoneHolds(playback.waitingBytes(at: world.now))
            case .mark(let name):
                playback.mark(name, at: world.now)
                planMark()
            case .clear:
                world.note("phone clears", call: call.number)
                let cleared = playback.clear(at: world.now)
                call.cuts.phoneCleared(dropping: cleared.droppedBytes)
                for name in cleared.marks { giveBack(name) }
            }
        } catch {
            world.violated("the carrier cannot read it", call: call.number, error.text)
        }
    }

    /// What the caller is still going to hear.
    var waitingBytes: Int { isOver ? 0 : playback.waitingBytes(at: world.now) }

    private func planMark() {
        guard let due = playback.nextMark, plannedMark.map({ due < $0 }) ?? true else { return }
        plannedMark = due
        world.at(due) { [weak self] in
            guard let self, plannedMark == due else { return }
            plannedMark = nil
            guard !isOver else { return }
            for name in playback.dueMarks(at: world.now) { giveBack(name) }
            planMark()
        }
    }

    private func giveBack(_ name: String) {
        say(writer.mark(name))
        if doublesMarks { say(writer.mark(name)) }
    }

    func bridgeClosed(code: UInt16) {
        guard !isOver else { return }
        world.note("phone sees close", call: call.number, number: Int(code), "\(code)")
        isOver = true
        call.carrierSide?.streamEnded()
    }

    func lost() {
        guard !isOver else { return }
        world.note("phone is cut off", call: call.number)
        isOver = true
        call.carrierSide?.streamEnded()
    }

    // MARK: ends

    /// The carrier ends the call: told by REST.
    func carrierEnds() {
        guard !isOver else { return }
        hangUp(.stopAndClose)
    }

    private func hangUp(_ ending: PhonePlan.Ending) {
        guard !isOver, let link else { return }
        world.note("phone ends", call: call.number, "\(ending)")
        switch ending {
        case .none: return
        case .stopAndClose, .stop:
            if isTalking { link.sendToBridge(Array(writer.stop().utf8), tag: Tag.stop) }
            if ending == .stopAndClose || !isTalking { link.peerCloses(1000) }
        case .close: link.peerCloses(1000)
        case .closeGoingAway: link.peerCloses(1001)
        case .reset: link.peerResets()
        case .goesDead: link.goesDead()
        case .binary:
            link.sendBinary()
            return
        case .brokenFrame: link.peerBreaksProtocol()
        case .otherStart:
            guard isTalking else { return }
            say(
                StreamWriter.otherStart(call: call.name, stream: call.stream + "x", dialect: manner.phone))
            return
        }
        isOver = ending != .stop
        isTalking = false
        call.carrierSide?.callEnded()
    }
}

extension StreamWriter {
    /// Of another stream than the one that is open.
    fileprivate static func otherStart(call: String, stream: String, dialect: PhoneDialect) -> String {
        var other = StreamWriter(Identity(account: "AC0", call: call, stream: stream), dialect: dialect)
        return other.start(parameters: [])
    }
}
