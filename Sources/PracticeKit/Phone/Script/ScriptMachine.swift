public import Timeline

/// What the phone knows at one moment.
public struct PhoneFacts: Sendable {
    /// When what the agent is saying began; nil while it is silent.
    public var agentSince: Instant?
    /// When the agent was last heard.
    public var agentHeard: Instant?
    public var callerSpeaks = false
    public var lastClear: Instant?
    public var hearsTone: @Sendable (Double) -> Bool = { _ in false }

    public init() {}
}

/// Goes through a script. Is asked again and again, every 20 ms; holds no clock and no socket.
public struct ScriptMachine: Sendable {
    public enum Command: Hashable, Sendable {
        case say(Speech)
        case press(Character)
        case send(String)
        case sendBinary([UInt8])
        case jitter(Duration)
        case lose(share: Double)
        case hangUp
        case reset
        case halfOpen(Duration)
        /// Something that the script wants did not come.
        case fail(PhoneStep, String)
    }

    private enum Phase: Hashable {
        case fresh
        /// What the step says is being said.
        case speaking
        case waiting(since: Instant)
    }

    private static let keyDistance = Duration.milliseconds(100)

    private let steps: [PhoneStep]
    private var index = 0
    private var phase = Phase.fresh
    private var keysLeft: Substring = ""
    private let began: Instant
    private var callerBegan: Instant?
    private var isOver = false

    public init(_ script: PhoneScript, at now: Instant) {
        steps = script.steps
        began = now
    }

    /// What it is at; nil once it is through.
    public var step: PhoneStep? { isOver || index >= steps.count ? nil : steps[index] }

    /// Goes on as far as it can.
    public mutating func advance(at now: Instant, _ facts: PhoneFacts) -> [Command] {
        var commands: [Command] = []
        while !isOver {
            guard index < steps.count else {
                isOver = true
                commands.append(.hangUp)
                break
            }
            let count = commands.count
            guard perform(steps[index], at: now, facts, &commands) else { break }
            next()
            // What a command does shows in the facts of the next time.
            if commands.count > count { break }
        }
        return commands
    }

    /// The stream is over, whoever ended it. The call may go on with another one, and the script with it.
    public mutating func streamEnded(code: UInt16) -> (wasExpected: Bool, failure: Command?) {
        guard let step else { return (false, nil) }
        let answer = Self.meetsEnd(step.action, code: code)
        guard let answer else { return (false, nil) }
        next()
        return (true, answer ? nil : .fail(step, "the stream ended with \(code)"))
    }

    /// The call is over. What still was to come cannot; nil when nothing was.
    public mutating func callEnded(code: UInt16) -> Command? {
        while let step {
            next()
            switch step.action {
            case .hangUp, .pause, .jitter, .lose, .expectNo(.agent, _), .expectNo(.clear, _): continue
            default: break
            }
            guard Self.meetsEnd(step.action, code: code) != true else { continue }
            isOver = true
            return .fail(step, "the call was over")
        }
        return nil
    }

    /// Whether an end with this code is what the step wants; nil: it is about something else.
    private static func meetsEnd(_ action: PhoneAction, code: UInt16) -> Bool? {
        switch action {
        case .wait(.end(let wanted), _), .expect(.end(let wanted), _): wanted.map { $0 == code } ?? true
        case .expectNo(.end, _): false
        default: nil
        }
    }

    private mutating func next() {
        index += 1
        phase = .fresh
    }

    /// Whether the step is done.
    private mutating func perform(
        _ step: PhoneStep, at now: Instant, _ facts: PhoneFacts, _ commands: inout [Command]
    ) -> Bool {
        switch step.action {
        case .speak(let speech): return speak(speech, at: now, facts, &commands)
        case .interrupt(let after, let speech, let within):
            if case .speaking = phase { return !facts.callerSpeaks }
            let isTime = facts.agentSince.map { $0.duration(to: now) >= after } ?? false
            if isTime { return speak(speech, at: now, facts, &commands) }
            return giveUp(step, within, "the agent did not speak for that long", at: now, &commands)
        case .wait(let event, let within):
            if hasCome(event, at: now, facts) { return true }
            return giveUp(step, within, "it did not come", at: now, &commands)
        case .expect(let event, let within):
            if hasCome(event, at: now, facts) { return true }
            guard time(at: now) >= within else { return false }
            commands.append(.fail(step, "it did not come"))
            return true
        case .expectNo(let event, let during):
            return stayAway(event, during, step, at: now, facts, &commands)
        case .press(let keys): return press(keys, at: now, &commands)
        case .pause(let duration): return time(at: now) >= duration
        case .jitter(let most): commands.append(.jitter(most))
        case .lose(let share): commands.append(.lose(share: share))
        case .send(let text): commands.append(.send(text))
        case .sendBinary(let bytes): commands.append(.sendBinary(bytes))
        case .hangUp: end(.hangUp, &commands)
        case .reset: end(.reset, &commands)
        case .halfOpen(let duration): end(.halfOpen(duration), &commands)
        }
        return true
    }

    private mutating func end(_ command: Command, _ commands: inout [Command]) {
        isOver = true
        commands.append(command)
    }

    private mutating func speak(
        _ speech: Speech, at now: Instant, _ facts: PhoneFacts, _ commands: inout [Command]
    ) -> Bool {
        if case .speaking = phase { return !facts.callerSpeaks }
        phase = .speaking
        callerBegan = now
        commands.append(.say(speech))
        return false
    }

    private mutating func press(_ keys: String, at now: Instant, _ commands: inout [Command]) -> Bool {
        if case .fresh = phase { keysLeft = keys[...] }
        let due = phase == .fresh || time(at: now) >= Self.keyDistance
        guard due else { return false }
        guard let key = keysLeft.popFirst() else { return true }
        commands.append(.press(key))
        phase = .waiting(since: now)
        return false
    }

    /// Something that must stay away did so, or came.
    private mutating func stayAway(
        _ event: PhoneEvent, _ during: Duration, _ step: PhoneStep, at now: Instant, _ facts: PhoneFacts,
        _ commands: inout [Command]
    ) -> Bool {
        let isOver = time(at: now) >= during
        let since = now.advanced(by: .zero - time(at: now))
        let came =
            switch event {
            // Whoever speaks is not silent, whenever it began.
            case .agent: facts.agentHeard.map { $0 > since } ?? false
            case .clear: facts.lastClear.map { $0 >= since } ?? false
            case .silence, .tone, .end: hasCome(event, at: now, facts)
            }
        if came { commands.append(.fail(step, "it came")) }
        return came || isOver
    }

    /// A step that waits in vain ends the call: what follows would be about something else.
    private mutating func giveUp(
        _ step: PhoneStep, _ patience: Duration, _ text: String, at now: Instant, _ commands: inout [Command]
    ) -> Bool {
        guard time(at: now) >= patience else { return false }
        isOver = true
        commands += [.fail(step, text), .hangUp]
        return true
    }

    /// How long the step has been waited at.
    private mutating func time(at now: Instant) -> Duration {
        if case .waiting(let since) = phase { return since.duration(to: now) }
        phase = .waiting(since: now)
        return .zero
    }

    private func hasCome(_ event: PhoneEvent, at now: Instant, _ facts: PhoneFacts) -> Bool {
        switch event {
        case .agent:
            guard let since = facts.agentSince else { return false }
            return callerBegan.map { since >= $0 } ?? true
        case .silence(let duration):
            return facts.agentSince == nil && (facts.agentHeard ?? began).duration(to: now) >= duration
        case .tone(let pitch): return facts.hearsTone(pitch)
        case .clear:
            guard let clear = facts.lastClear else { return false }
            return callerBegan.map { clear >= $0 } ?? true
        // Told by `streamEnded`.
        case .end: return false
        }
    }
}
