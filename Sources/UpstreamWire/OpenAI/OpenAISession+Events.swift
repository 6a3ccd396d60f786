internal import MediaCore
internal import Timeline
internal import Wording

extension OpenAISession {
    mutating func handle(_ event: OpenAIServerEvent, at now: Instant, _ output: inout UpstreamOutput) {
        switch event {
        case .sessionCreated(let echo): configure(echo, &output)
        case .sessionUpdated(let echo): check(echo, &output)
        case .speechStarted(let itemID, let time):
            callerTurns.started(itemID, at: time)
            if turnDetection?.createsResponses == true { gate.callerSpeaks() }
            output.events.append(.callerSpeechStarted(at: time))
            if interrupts { output.events.append(.interrupted(through: items.newest)) }
        case .speechStopped(let itemID, let time):
            let lastWord = callerTurns.stopped(itemID, at: time, after: turnDetection?.silence ?? .zero)
            gate.callerStopped(at: now, interrupting: interrupts)
            output.events.append(.callerSpeechStopped(at: lastWord))
        case .idleTimeout: output.events.append(.callerIdle)
        case .callerTextDelta(let part, let text):
            output.events.append(.transcript(callerTurns.piece(of: part.itemID, text: text, isFinal: false)))
        case .callerText(let part, let text, let usage):
            output.events.append(.transcript(callerTurns.piece(of: part.itemID, text: text, isFinal: true)))
            count(usage, &output)
        case .callerTextFailed(let part, let error):
            output.events.append(.transcript(callerTurns.piece(of: part.itemID, text: "", isFinal: true)))
            output.events.append(.warning(.transcriptionFailed(detail: error.detail)))
        case .responseCreated(let response): begin(response, &output)
        case .responseDone(let response): finish(response, at: now, &output)
        case .outputItemAdded(let responseID, let item): announce(item, responseID: responseID)
        case .outputItemDone(let responseID, let item):
            if let call = item.completedCall { tools.collect(call, responseID: responseID) }
        case .audioDone(let part):
            items.complete(part)
            output.events.append(.agentAudioEnded(number(of: part)))
        case .agentTextDelta(let part, let text): say(part, text, isFinal: false, &output)
        case .agentText(let part, let text): say(part, text, isFinal: true, &output)
        case .itemAdded(let item):
            unacknowledged.remove(item)
        case .rateLimits(let limits): output.events.append(.rateLimits(limits))
        case .error(let error): handle(error, at: now, &output)
        case .unknown(let type): output.events.append(.warning(.unknownMessage(type: PeerText(type))))
        case .audioDelta, .itemDone, .itemRetrieved, .itemTruncated, .itemDeleted, .audioCommitted, .audioCleared,
            .contentPartAdded, .contentPartDone, .toolArgumentsDelta, .toolArguments, .digit, .irrelevant:
            break
        }
    }

    // MARK: The session

    /// Settings and the conversation so far go out at once; the server takes them in order.
    private mutating func configure(_ echo: OpenAISessionEcho, _ output: inout UpstreamOutput) {
        guard phase == .connecting else { return }
        phase = .configuring
        sessionExpiry = echo.expiresAt.map(Self.time)
        output.events.append(.connected(sessionID: echo.id))
        send(.updateSession(configuration), as: .configuration, &output)
        guard !setup.pastTurns.isEmpty else { return }
        for turn in setup.pastTurns {
            add(.message(turn.speaker == .caller ? .caller : .agent, turn.text), &output)
        }
        add(.message(.system, UpstreamWords.resumption), &output)
    }

    private static func time(_ seconds: Int64) -> UTCTime {
        let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        return UTCTime(millisecondsSince1970: overflow ? (seconds < 0 ? .min : .max) : milliseconds)
    }

    /// Whether the caller's speech stops what is being said. As the server says, except that a protected greeting goes on
    /// even if the server has not understood that.
    private var interrupts: Bool { configuration.mayBeInterrupted && turnDetection?.interruptsResponses == true }

    /// After every change, since a later one may have brought other formats with it.
    private mutating func check(_ echo: OpenAISessionEcho, _ output: inout UpstreamOutput) {
        for (side, given) in [(\UpstreamFormats.callerAudio, echo.inputFormat), (\.agentAudio, echo.outputFormat)] {
            // A server that does not name a format is taken to use the one that was asked for.
            guard let given, given != .known(formats[keyPath: side]) else { continue }
            // Before any audio has flowed another format is as good, if it is one of the protocol's.
            guard phase == .configuring, case .known(let format) = given, Self.formats.contains(format) else {
                let detail = "expected \(formats[keyPath: side]), got \(given)"
                return end(.formatMismatch(detail: PeerText(detail)), &output)
            }
            formats[keyPath: side] = format
        }
        turnDetection = echo.turnDetection
        sessionExpiry = echo.expiresAt.map(Self.time) ?? sessionExpiry
        guard phase == .configuring else { return }
        phase = .ready
        output.events.append(.ready(UpstreamReady(formats: formats, expiresAt: sessionExpiry)))
    }

    /// All that the protocol has.
    private static let formats: [AudioFormat] = [.muLaw8k, .aLaw8k, .pcm16(.hz24000)]

    // MARK: Responses

    private mutating func begin(_ response: OpenAIResponse, _ output: inout UpstreamOutput) {
        let isUnwanted = gate.created(
            response.id, requestID: response.requestID, answersAll: unacknowledged.isEmpty)
        if isUnwanted {
            send(.cancelResponse(id: response.id), as: .cancel, &output)
        } else {
            output.events.append(.responseStarted)
        }
    }

    /// Its audio may now come without a new number having to be found for it.
    private mutating func announce(_ item: OpenAIItem, responseID: String?) {
        guard item.type == "message", !item.id.isEmpty else { return }
        _ = number(of: OpenAIPart(itemID: item.id, responseID: responseID))
    }

    private mutating func number(of part: OpenAIPart) -> AgentItem {
        items.item(for: part, isFenced: gate.isAbandoned(part.responseID))
    }

    private mutating func say(_ part: OpenAIPart, _ text: String, isFinal: Bool, _ output: inout UpstreamOutput) {
        let piece = UpstreamTranscriptPiece(
            .agent, turn: part.itemID, item: number(of: part), text: text, isFinal: isFinal)
        output.events.append(.transcript(piece))
    }

    private mutating func finish(_ response: OpenAIResponse, at now: Instant, _ output: inout UpstreamOutput) {
        let (request, wasWanted) = gate.done(response.id, requestID: response.requestID)
        if let usage = response.usage { count(usage, &output) }
        let calls = tools.take(from: response)
        if !wasWanted { forgetUnheard(response, &output) }
        switch response.status {
        case .completed, .inProgress:
            failures = 0
            output.events.append(.responseEnded(.completed))
            run(calls, &output)
        case .incomplete(let reason):
            output.events.append(.warning(.responseCutShort(detail: PeerText(reason ?? "no reason given"))))
            output.events.append(.responseEnded(.cutShort))
            run(calls, &output)
        case .cancelled:
            output.events.append(.responseEnded(.interrupted))
            decline(calls, &output)
        case .failed(let error):
            output.events.append(.responseEnded(.failed))
            decline(calls, &output)
            if wasWanted { retry(request ?? OpenAIResponseRequest(), after: error, at: now, &output) }
        }
        guard phase != .ended else { return }
        sendNextRequest(at: now, &output)
    }

    /// What came when its response was given up already was played to nobody, and the agent must not believe that it was.
    private mutating func forgetUnheard(_ response: OpenAIResponse, _ output: inout UpstreamOutput) {
        for item in response.output where item.type == "message" && items.wasNeverPlayed(item.id) {
            send(.deleteItem(id: item.id), as: .delete, &output)
        }
    }

    private mutating func run(_ calls: [UpstreamToolCall], _ output: inout UpstreamOutput) {
        for call in calls {
            tools.opened(call)
            output.events.append(.toolCall(call))
        }
    }

    /// The server holds every call open until it is answered, even one that must not run.
    private mutating func decline(_ calls: [UpstreamToolCall], _ output: inout UpstreamOutput) {
        for call in calls {
            add(.toolOutput(callID: call.id, output: Self.declined), &output)
        }
    }

    private static let declined = #"{"error":{"code":"cancelled","message":"Not run: the response was cancelled."}}"#

    private mutating func count(_ used: UpstreamUsage, _ output: inout UpstreamOutput) {
        guard used != UpstreamUsage() else { return }
        usage = usage + used
        output.events.append(.usage(used))
    }
}
