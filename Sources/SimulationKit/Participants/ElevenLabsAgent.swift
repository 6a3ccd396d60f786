internal import JSONWire
internal import PracticeKit
internal import Timeline

/// An agent as ElevenLabs speaks: greets when the conversation has begun, answers when the caller falls silent, stops when
/// the caller speaks, asks now and then whether somebody is there, and may hang up by itself.
final class ElevenLabsAgent: AgentSession {
    private enum Step {
        case begin
        case greet
        case answer
        case piece
        case ping
        case end(ElevenLabsPlan.Ending)
        case leave
    }

    /// What is being said: as the server numbers it, and how far it got.
    private struct Answer {
        let number: Int
        var said = 0
        /// When the caller will have heard it, for all that the server knows.
        var heardUntil: Instant
        var isFarewell = false
    }

    private static let pingEvery = Duration.seconds(7)
    /// Before the vendor's own tool has hung up.
    private static let leaving = Duration.milliseconds(400)

    private let plan: ElevenLabsPlan
    private let bytes: [UInt8]
    private var ear = LoudnessEar()
    private var steps: [(due: Instant, step: Step)] = []
    private var effects: [AgentEffect] = []
    private var now = Instant.zero
    private var hasBegun = false
    private var isOver = false
    private var answer: Answer?
    private var answers = 0
    private var lastNumber = 0
    private var pings = 0
    private var unanswered = 0
    private(set) var isCallerSpeaking = false
    private var dice: SeededRandom

    init(_ call: SimulatedCall, plan: ElevenLabsPlan) {
        self.plan = plan
        bytes = call.audio.bytes
        dice = call.world.dice()
    }

    var wakeUp: Deadline { steps.map(\.due).min().map { .at($0) } ?? .never }

    // MARK: what happens

    func open(at now: Instant) -> [AgentEffect] {
        self.now = now
        if let ending = plan.ending { later(ending.at, .end(ending.1)) }
        return done()
    }

    func receive(_ text: [UInt8], at now: Instant) -> [AgentEffect] {
        catchUp(to: now)
        guard !isOver else { return done() }
        if let place = AppendedAudio.place(in: text.span, of: .elevenLabs) {
            if let audio = Base64.decode(text.span.extracting(place)) { hear(audio) }
        } else if let event = try? JSONObject(parsing: text.span), let type = try? event.string("type") {
            take(type, event)
        } else {
            effects.append(.broken(rule: "the upstream can read it", String(decoding: text.prefix(80), as: UTF8.self)))
        }
        return done()
    }

    func advance(to now: Instant) -> [AgentEffect] {
        catchUp(to: now)
        return done()
    }

    func closed(code: UInt16, byPeer: Bool, at now: Instant) -> [AgentEffect] {
        isOver = true
        return []
    }

    private func done() -> [AgentEffect] {
        defer { effects = [] }
        return effects
    }

    private func later(_ wait: Duration, _ step: Step) { steps.append((now.advanced(by: wait), step)) }

    private func catchUp(to end: Instant) {
        while !isOver, let place = steps.indices.min(by: { steps[$0].due < steps[$1].due }), steps[place].due <= end {
            now = max(now, steps[place].due)
            carryOut(steps.remove(at: place).step)
        }
        now = max(now, end)
        if isOver { steps = [] }
    }

    private func carryOut(_ step: Step) {
        switch step {
        case .begin: begin()
        case .greet, .answer: speak()
        case .piece: sayPiece()
        case .ping: ping()
        case .end(let ending): end(ending)
        case .leave: close(1000, "")
        }
    }

    private func take(_ type: String, _ event: JSONObject) {
        switch type {
        case "conversation_initiation_client_data":
            guard !hasBegun, plan.fault != .neverBegins else { return }
            later(plan.beginning, .begin)
        case "pong":
            unanswered = 0
        case "user_message":
            if answer == nil { later(plan.thinking, .answer) }
        case "client_tool_result", "contextual_update", "user_activity", "mcp_tool_approval_result": break
        default: effects.append(.broken(rule: "the upstream can read it", type))
        }
    }

    // MARK: the conversation

    private func begin() {
        guard !hasBegun else { return }
        hasBegun = true
        send(
            #"{"type":"conversation_initiation_metadata","conversation_initiation_metadata_event":"#
                + #"{"conversation_id":"conv_1","agent_output_audio_format":"ulaw_8000","#
                + #""user_input_audio_format":"ulaw_8000"}}"#)
        if plan.fault != .noGreeting { later(.milliseconds(30), .greet) }
        later(Self.pingEvery, .ping)
    }

    /// Whoever does not answer is given up.
    private func ping() {
        if unanswered > 1 { effects.append(.broken(rule: "pings are answered", "\(unanswered) were not")) }
        for _ in 0..<(plan.fault == .manyPings ? 20 : 1) {
            pings += 1
            send(#"{"type":"ping","ping_event":{"event_id":\#(pings),"ping_ms":20}}"#)
        }
        unanswered += 1
        later(Self.pingEvery, .ping)
    }

    private func hear(_ audio: [UInt8]) {
        guard hasBegun else { return }
        switch ear.listen(audio) {
        case .nothing: break
        case .began:
            isCallerSpeaking = true
            interrupt()
        case .ended:
            isCallerSpeaking = false
            send(
                #"{"type":"user_transcript","user_transcription_event":{"user_transcript":"hello","event_id":"#
                    + #"\#(lastNumber + 1)}}"#)
            later(plan.thinking, .answer)
        }
    }

    private func interrupt() {
        steps.removeAll { if case .answer = $0.step { true } else { false } }
        guard let answer, now < answer.heardUntil || answer.said < bytes.count else { return }
        guard !answer.isFarewell else { return }
        self.answer = nil
        steps.removeAll { if case .piece = $0.step { true } else { false } }
        send(#"{"type":"interruption","interruption_event":{"event_id":\#(lastNumber)}}"#)
        guard plan.fault == .lateAudio, answer.said < bytes.count else { return }
        // An older number than the one that was stopped.
        send(audio(bytes[answer.said..<min(bytes.count, answer.said + 400)], number: lastNumber - 1))
    }

    private func speak() {
        guard !isCallerSpeaking else { return }
        if let answer, answer.said < bytes.count { return }
        answers += 1
        lastNumber += 2
        answer = Answer(number: lastNumber, heardUntil: now, isFarewell: answers == plan.farewellAfter)
        if plan.fault == .textFirst { sayText() }
        if answer?.isFarewell == true { effects.append(.farewell) }
        sayPiece()
    }

    private func sayText() {
        guard let answer, plan.fault != .noText else { return }
        for _ in 0..<(plan.fault == .doubleText ? 2 : 1) {
            send(
                #"{"type":"agent_response","agent_response_event":{"agent_response":"words \#(answers)","event_id":"#
                    + #"\#(answer.number)}}"#)
        }
    }

    private func sayPiece() {
        guard var answer, answer.said < bytes.count else { return }
        let count = plan.fault == .oddPieces ? 1 + dice.below(3_000) : [400, 800, 1_600][dice.below(3)]
        let end = min(answer.said + count, bytes.count)
        if plan.fault == .numberPerPiece { lastNumber += 1 }
        mischief()
        send(audio(bytes[answer.said..<end], number: lastNumber))
        let length = Duration.microseconds((end - answer.said) * 125)
        answer.heardUntil = max(answer.heardUntil, now).advanced(by: length)
        let isFirst = answer.said == 0
        answer.said = end
        self.answer = answer
        if isFirst, plan.fault != .textFirst { sayText() }
        guard end == bytes.count else {
            return later(plan.pace == 0 ? .zero : length / plan.pace, .piece)
        }
        guard answer.isFarewell else { return }
        send(
            #"{"type":"agent_tool_response","agent_tool_response":{"tool_name":"end_call","tool_call_id":"t","#
                + #""is_error":false}}"#)
        later(Self.leaving, .leave)
    }

    private func audio(_ bytes: ArraySlice<UInt8>, number: Int) -> String {
        #"{"type":"audio","audio_event":{"audio_base_64":"\#(Base64.encode(bytes))","event_id":\#(number)}}"#
    }

    private func mischief() {
        switch plan.fault {
        case .unknownEvents: send(#"{"type":"mood","mood_event":{"mood":"calm"}}"#)
        case .malformed: send(#"{"type":"audio","audio_event":{"audio_base_64":5}}"#)
        case .neverBegins, .numberPerPiece, .oddPieces, .lateAudio, .textFirst, .doubleText, .noText, .manyPings,
            .noGreeting, nil:
            break
        }
    }

    // MARK: its end

    private func end(_ ending: ElevenLabsPlan.Ending) {
        switch ending {
        case .closeNormally: close(1000, "")
        case .goingAway: close(1001, "going away")
        case .serverError: close(1011, "internal error")
        case .quota: close(1002, "This request exceeds your quota limit.")
        case .cap: close(1000, "maximum duration")
        case .reset:
            effects.append(.reset)
            isOver = true
        case .halfOpen:
            effects.append(.freeze)
            isOver = true
        }
    }

    private func close(_ code: UInt16, _ reason: String) {
        effects.append(.close(code: code, reason: reason))
        isOver = true
    }

    private func send(_ text: String) { effects.append(.send(Array(text.utf8))) }
}

/// Hears whether the caller speaks, from the two bytes that speech is made of.
private struct LoudnessEar {
    enum Event {
        case nothing
        case began
        case ended
    }

    /// Bytes of 40 ms and of 600 ms.
    private static let loudEnough = 320
    private static let quietEnough = 4_800

    private var isSpeaking = false
    private var loud = 0
    private var quiet = 0

    mutating func listen(_ bytes: [UInt8]) -> Event {
        var event = Event.nothing
        for byte in bytes {
            if byte == 0x20 || byte == 0xA0 {
                loud += 1
                quiet = 0
                guard !isSpeaking, loud >= Self.loudEnough else { continue }
                isSpeaking = true
                event = .began
            } else {
                quiet += 1
                // Labels are short.
                if quiet > 80 { loud = 0 }
                guard isSpeaking, quiet >= Self.quietEnough else { continue }
                isSpeaking = false
                event = .ended
            }
        }
        return event
    }
}
