internal import MediaCore
internal import Timeline
internal import Wording

extension ElevenLabsSession {
    mutating func handle(_ event: ElevenLabsServerEvent, at now: Instant, _ output: inout UpstreamOutput) {
        switch event {
        case .metadata(let metadata): begin(metadata, at: now, &output)
        // At once, whatever else is going on: the server measures the way, and gives up who is silent.
        case .ping(let eventID): send(.pong(eventID: eventID), &output)
        case .interruption(let eventID): interrupted(eventID, &output)
        case .callerText(let eventID, let text, let isFinal): callerSaid(text, eventID, isFinal: isFinal, &output)
        case .agentText(let eventID, let text): agentSays(text, eventID, &output)
        case .agentCorrection(let eventID, let original, let corrected):
            guard let item = answers.corrected(original, eventID) else { break }
            say(corrected, item, &output)
        case .answerComplete: endAnswer(.completed, &output)
        case .toolCall(let call): run(call, &output)
        case .vendorTool(let name, let isError): vendorRan(name, isError: isError, at: now, &output)
        case .toolApprovalAsked(let callID, let name): decline(callID, name, &output)
        case .queue(let status): heard(status, &output)
        case .error(let error):
            self.error = error
            output.events.append(.warning(.vendorError(detail: error.detail)))
        case .guardrail(let name):
            output.events.append(.warning(.vendorError(detail: PeerText("a guardrail was triggered: \(name)"))))
        case .unknown(let type): output.events.append(.warning(.unknownMessage(type: PeerText(type))))
        case .audio, .irrelevant: break
        }
    }

    // MARK: the conversation

    private mutating func begin(
        _ metadata: ElevenLabsMetadata, at now: Instant, _ output: inout UpstreamOutput
    ) {
        guard case .initiating = phase else { return }
        output.events.append(.connected(sessionID: metadata.conversationID))
        var formats = setup.formats
        for (side, name) in [
            (\UpstreamFormats.callerAudio, metadata.userInput), (\UpstreamFormats.agentAudio, metadata.agentOutput),
        ] {
            guard let format = name.map({ ElevenLabsFormat.format(named: $0) }) ?? ElevenLabsFormat.usual else {
                let detail = "the agent is set to '\(name ?? "")', which is no format of a conversation"
                return end(.formatMismatch(detail: PeerText(detail)), &output)
            }
            formats[keyPath: side] = format
        }
        phase = .ready(since: now)
        output.events.append(.ready(UpstreamReady(formats: formats, expiresAt: nil)))
    }

    /// Before its time an interruption concerns the server alone: the caller hears the greeting to its end.
    private mutating func interrupted(_ eventID: Int, _ output: inout UpstreamOutput) {
        dropsGreeting = false
        output.events.append(.callerSpeechStarted(at: nil))
        guard mayBeInterrupted else { return answers.stopped(eventID) }
        guard let newest = answers.interrupt(eventID) else { return }
        output.events.append(.interrupted(through: newest))
        // What came after it goes on.
        guard lastAudio != nil, !answers.isReceiving else { return }
        lastAudio = nil
        output.events.append(.responseEnded(.interrupted))
    }

    // MARK: what is said

    private mutating func callerSaid(
        _ text: String, _ eventID: Int?, isFinal: Bool, _ output: inout UpstreamOutput
    ) {
        if isFinal {
            error = nil
            dropsGreeting = false
            // Who said something has spoken, even if that interrupted nothing.
            output.events.append(.callerSpeechStarted(at: nil))
            output.events.append(.callerSpeechStopped(at: nil))
        }
        let turn = eventID.map(String.init) ?? ""
        output.events.append(.transcript(UpstreamTranscriptPiece(.caller, turn: turn, text: text, isFinal: isFinal)))
    }

    private mutating func agentSays(_ text: String, _ eventID: Int?, _ output: inout UpstreamOutput) {
        error = nil
        if dropsGreeting, hasGreeted { dropsGreeting = false }
        hasGreeted = true
        guard !dropsGreeting, let item = answers.told(text, eventID) else { return }
        if lastAudio == nil { output.events.append(.responseStarted) }
        say(text, item, &output)
    }

    private func say(_ text: String, _ item: AgentItem, _ output: inout UpstreamOutput) {
        let piece = UpstreamTranscriptPiece(
            .agent, turn: String(item.number), item: item, text: text, isFinal: true)
        output.events.append(.transcript(piece))
    }

    // MARK: tools

    /// What was said before a call is an answer of its own: what follows the call is the next.
    private mutating func run(_ call: UpstreamToolCall, _ output: inout UpstreamOutput) {
        guard tools.begin(call.id) else { return }
        endAnswer(.completed, &output)
        output.events.append(.toolCall(call))
    }

    /// The agent hangs up by a tool of the vendor's. What it said last has come by then, and is yet to be heard.
    private mutating func vendorRan(
        _ name: String, isError: Bool, at now: Instant, _ output: inout UpstreamOutput
    ) {
        guard name == "end_call", !isError, leavesBy == nil else { return }
        leavesBy = now.advanced(by: Self.leaveTaking)
    }

    /// Nobody is here to ask, and unanswered it would hold up the agent for minutes.
    private mutating func decline(_ callID: String, _ name: String, _ output: inout UpstreamOutput) {
        guard tools.begin(callID) else { return }
        send(.toolApproval(callID: callID, isApproved: false), &output)
        let detail = PeerText("the tool '\(name)' asked for approval, which nobody on a phone call can give")
        output.events.append(.warning(.requestRefused(detail: detail)))
    }

    // MARK: waiting

    private mutating func heard(_ status: ElevenLabsQueue, _ output: inout UpstreamOutput) {
        switch status {
        case .waiting:
            let detail = PeerText("the account is at its limit of conversations, and this one waits in line")
            output.events.append(.warning(.vendorError(detail: detail)))
        case .admitted: break
        case .timedOut:
            end(.overloaded(after: nil, detail: PeerText("no room came free for this conversation")), &output)
        case .other(let status):
            output.events.append(.warning(.unknownMessage(type: PeerText("queue_status \(status)"))))
        }
    }
}
