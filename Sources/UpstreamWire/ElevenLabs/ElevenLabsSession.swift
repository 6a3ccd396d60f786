internal import JSONWire
internal import MediaCore
public import Timeline
internal import Wording

/// One conversation with an agent of ElevenLabs.
///
/// It says how it differs from the agent's own settings as soon as the socket is open, and is ready when the server names
/// the conversation and its formats. The agent greets by itself. There is no word for the end of an answer that is sure to
/// come, so one ends when nothing more of it has come for a moment: audio comes much faster than it is heard.
public struct ElevenLabsSession: UpstreamSession {
    enum Phase {
        case connecting
        case initiating
        case ready(since: Instant)
        case ended
    }

    /// Nothing more of an answer came for so long: it is over.
    static let quiet = Duration.seconds(1)
    /// After the agent hung up the server closes at once; else we do.
    static let leaveTaking = Duration.seconds(2)
    /// How long a conversation may be where nobody set it otherwise, and how much later its end may reach us.
    static let usualCap = Duration.seconds(600)
    static let capTolerance = Duration.seconds(2)

    let setup: UpstreamSetup
    let initiation: ElevenLabsInitiation
    var phase = Phase.connecting
    var answers: ElevenLabsAnswers
    /// When the last audio came that may be played; nil once its answer has ended.
    var lastAudio: Instant?
    var tools = ElevenLabsToolCalls()
    /// Whether an interruption stops what is being said.
    var mayBeInterrupted: Bool
    /// The server greets although the conversation goes on: what it says is not played until something else follows.
    var dropsGreeting: Bool
    var hasGreeted = false
    /// The agent has hung up, and by then the server has closed.
    var leavesBy: Instant?
    /// The last error, unless the conversation went on after it.
    var error: ElevenLabsError?

    /// - Parameters:
    ///   - mayOverride: Whether the agent there may be changed for this conversation, as far as is known.
    ///   - dropsEqualEventID: Whether audio with the number of an interruption is stale.
    public init(_ setup: UpstreamSetup, mayOverride: Bool = true, dropsEqualEventID: Bool = false) {
        self.setup = setup
        initiation = ElevenLabsInitiation(setup, mayOverride: mayOverride)
        answers = ElevenLabsAnswers(dropsEqual: dropsEqualEventID)
        mayBeInterrupted = !(setup.protectsGreeting && setup.greets)
        dropsGreeting = !setup.pastTurns.isEmpty && initiation.firstMessage == nil
    }

    public mutating func opened(at now: Instant) -> UpstreamOutput {
        var output = UpstreamOutput()
        guard case .connecting = phase else { return output }
        phase = .initiating
        send(.initiate(initiation), &output)
        return output
    }

    public mutating func receive(_ message: Span<UInt8>, at now: Instant) -> UpstreamReception {
        if let audio = ElevenLabsAudioEvent(scanning: message) {
            guard let item = receive(audio.eventID, at: now) else { return .lateAudio }
            return .audio(item, base64: audio.base64)
        }
        var output = UpstreamOutput()
        if case .ended = phase { return .other(output) }
        do throws(ElevenLabsServerEvent.Problem) {
            let event = try ElevenLabsServerEvent(reading: message)
            if case .audio(let eventID, let base64) = event { return receive(base64, eventID, at: now) }
            handle(event, at: now, &output)
        } catch {
            switch error {
            case .malformed(let problem):
                output.events.append(.warning(.malformedMessage(detail: PeerText(problem.message))))
            case .shape(let type, let problem):
                output.events.append(.warning(.unexpectedField(message: type, problem: problem)))
            }
        }
        return .other(output)
    }

    /// Which item a piece of audio is; nil if it must not be played.
    private mutating func receive(_ eventID: Int?, at now: Instant) -> AgentItem? {
        guard case .ready = phase, !dropsGreeting, let item = answers.receive(eventID) else { return nil }
        lastAudio = now
        return item
    }

    /// Audio that the scan did not take, since it is written in an unusual way.
    private mutating func receive(_ base64: String, _ eventID: Int?, at now: Instant) -> UpstreamReception {
        var bytes = [UInt8](repeating: 0, count: Base64.maximumDecodedByteCount(base64.utf8.count))
        var target = bytes.mutableSpan
        var output = UpstreamOutput()
        guard let count = Base64.decode(base64.utf8.span, into: &target) else {
            output.events.append(.warning(.malformedMessage(detail: PeerText("audio that is no base64"))))
            return .other(output)
        }
        guard let item = receive(eventID, at: now) else { return .lateAudio }
        bytes.removeSubrange(count...)
        output.events.append(.agentAudio(item, bytes))
        return .other(output)
    }

    public mutating func closed(code: UInt16, reason: String, at now: Instant) -> UpstreamOutput {
        var output = UpstreamOutput()
        var failure = ElevenLabsEnding.failure(closeCode: code, reason: reason, after: error)
        if case .closedNormally(let detail) = failure, leavesBy == nil, isAtUsualCap(now) {
            failure = .sessionExpired(detail: detail)
        }
        end(failure, &output)
        return output
    }

    /// An end in the ordinary way at just this age is the conversation's cap, not a farewell.
    private func isAtUsualCap(_ now: Instant) -> Bool {
        guard case .ready(let since) = phase else { return false }
        let age = since.duration(to: now)
        return age >= Self.usualCap && age < Self.usualCap + Self.capTolerance
    }

    public func mayBeRest(_ item: AgentItem, of earlier: AgentItem) -> Bool {
        answers.mayBeRest(item, of: earlier)
    }

    public var deadline: Deadline {
        if case .ended = phase { return .never }
        let quiet = lastAudio.map { Deadline.at($0.advanced(by: Self.quiet)) } ?? .never
        return min(quiet, leavesBy.map { .at($0) } ?? .never)
    }

    public mutating func deadlineReached(at now: Instant) -> UpstreamOutput {
        var output = UpstreamOutput()
        if case .ended = phase { return output }
        if let lastAudio, lastAudio.advanced(by: Self.quiet) <= now { endAnswer(.completed, &output) }
        if let leavesBy, leavesBy <= now {
            end(.closedNormally(detail: PeerText("the agent ended the conversation")), &output)
        }
        return output
    }

    public var callerAudio: AudioMessageForm { ElevenLabsAudioChunk.form }

    /// Ends the conversation, once.
    mutating func end(_ failure: UpstreamFailure, _ output: inout UpstreamOutput) {
        if case .ended = phase { return }
        phase = .ended
        output.events.append(.ended(failure))
    }

    func send(_ event: ElevenLabsClientEvent, _ output: inout UpstreamOutput) {
        output.messages.append(event.bytes)
    }

    /// No more of the present answer comes.
    mutating func endAnswer(_ outcome: UpstreamResponseOutcome, _ output: inout UpstreamOutput) {
        guard lastAudio != nil else { return }
        lastAudio = nil
        for item in answers.end() { output.events.append(.agentAudioEnded(item)) }
        output.events.append(.responseEnded(outcome))
    }
}
