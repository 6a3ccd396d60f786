internal import JSONWire
internal import MediaCore
public import Timeline
internal import Wording

/// One session of OpenAI's Realtime API.
///
/// It waits for `session.created`, sets the session up, and is ready when the server says which formats it works with:
/// those that were asked for, or others that we know. From then on it keeps the vendor's rules: one response at a time, each tool call answered once, and
/// nothing played of what was interrupted.
public struct OpenAISession: UpstreamSession {
    enum Phase {
        case connecting
        case configuring
        case ready
        case ended
    }

    /// Longer than this nobody waits for an answer; then another session has to.
    static let longestThrottle = Duration.seconds(3)
    static let usualThrottle = Duration.seconds(1)

    let setup: UpstreamSetup
    var configuration: OpenAISessionConfiguration
    /// What was asked for, and once the session is ready what it works with.
    var formats: UpstreamFormats
    var phase = Phase.connecting
    var gate = OpenAIResponseGate()
    var items = OpenAIAgentItems()
    var tools = OpenAIToolCalls()
    var callerTurns = OpenAICallerTurns()
    /// As the server says it works; nil where turns are ours to end.
    var turnDetection: OpenAITurnDetection?
    var sessionExpiry: UTCTime?
    /// Responses that failed, one after the other.
    var failures = 0
    var unacknowledged = OpenAIUnacknowledgedItems()
    private var requests = 0

    /// Of the whole session so far.
    public internal(set) var usage = UpstreamUsage()

    public init(_ setup: UpstreamSetup) {
        self.init(setup, configuration: OpenAISessionConfiguration(setup))
    }

    /// - Parameter configuration: In place of what follows from the agent.
    public init(_ setup: UpstreamSetup, configuration: OpenAISessionConfiguration) {
        self.setup = setup
        self.configuration = configuration
        formats = setup.formats
    }

    /// Everything begins with the server's first event.
    public mutating func opened(at now: Instant) -> UpstreamOutput {
        UpstreamOutput()
    }

    public mutating func receive(_ message: Span<UInt8>, at now: Instant) -> UpstreamReception {
        if phase == .ready, let delta = OpenAIAudioDelta(scanning: message),
            let (item, isFenced) = items.receive(delta, in: message)
        {
            return isFenced ? .lateAudio : .audio(item, base64: delta.base64)
        }
        guard phase != .ended else { return .other(UpstreamOutput()) }
        var output = UpstreamOutput()
        do throws(OpenAIServerEvent.Problem) {
            let event = try OpenAIServerEvent(reading: message)
            if case .audioDelta(let part, let base64) = event {
                return receive(audio: base64, of: part)
            }
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

    public mutating func closed(code: UInt16, reason: String, at now: Instant) -> UpstreamOutput {
        var output = UpstreamOutput()
        end(OpenAIEnding.failure(closeCode: code, reason: reason), &output)
        return output
    }

    public func mayBeRest(_ item: AgentItem, of earlier: AgentItem) -> Bool { false }

    public var deadline: Deadline {
        phase == .ended ? .never : gate.deadline
    }

    public mutating func deadlineReached(at now: Instant) -> UpstreamOutput {
        var output = UpstreamOutput()
        guard phase != .ended else { return output }
        if gate.deadlineReached(at: now) {
            let detail = PeerText("a request for a response was not answered")
            output.events.append(.warning(.badTiming(detail: detail)))
        }
        sendNextRequest(at: now, &output)
        return output
    }

    public var callerAudio: AudioMessageForm { OpenAIAudioAppend.form }

    /// Ends the session, once.
    mutating func end(_ failure: UpstreamFailure, _ output: inout UpstreamOutput) {
        guard phase != .ended else { return }
        phase = .ended
        output.events.append(.ended(failure))
    }

    mutating func send(_ event: OpenAIClientEvent, as kind: OpenAIRequestID.Kind, _ output: inout UpstreamOutput) {
        output.messages.append(event.bytes(eventID: nextID(kind)))
    }

    mutating func ask(_ request: OpenAIResponseRequest, at now: Instant, _ output: inout UpstreamOutput) {
        gate.want(request)
        sendNextRequest(at: now, &output)
    }

    mutating func sendNextRequest(at now: Instant, _ output: inout UpstreamOutput) {
        guard gate.isOpen else { return }
        let id = nextID(.response)
        let request = gate.next(id: id, at: now)
        output.messages.append(OpenAIClientEvent.createResponse(request).bytes(eventID: id))
    }

    private mutating func nextID(_ kind: OpenAIRequestID.Kind) -> String {
        requests += 1
        return OpenAIRequestID(kind, number: requests).text
    }

    /// Audio that the scan did not take: the first of an item, or written in an unusual way.
    private mutating func receive(audio base64: String, of part: OpenAIPart) -> UpstreamReception {
        guard phase == .ready else { return .lateAudio }
        let item = items.item(for: part, isFenced: gate.isAbandoned(part.responseID))
        var bytes = [UInt8](repeating: 0, count: Base64.maximumDecodedByteCount(base64.utf8.count))
        var target = bytes.mutableSpan
        var output = UpstreamOutput()
        guard let count = Base64.decode(base64.utf8.span, into: &target) else {
            output.events.append(.warning(.malformedMessage(detail: PeerText("audio that is no base64"))))
            return .other(output)
        }
        items.receive(ByteCount(count), of: item)
        guard items.entry(item)?.isFenced == false else { return .lateAudio }
        bytes.removeSubrange(count...)
        output.events.append(.agentAudio(item, bytes))
        return .other(output)
    }
}
