internal import JSONWire
internal import MediaCore
public import Timeline
internal import Wording

extension ElevenLabsSession {
    public mutating func perform(_ command: UpstreamCommand, at now: Instant) -> UpstreamOutput {
        var output = UpstreamOutput()
        switch phase {
        case .ready: perform(command, &output)
        case .connecting, .initiating:
            output.events.append(.warning(.badTiming(detail: PeerText("the conversation has not begun yet"))))
        case .ended: break
        }
        return output
    }

    private mutating func perform(_ command: UpstreamCommand, _ output: inout UpstreamOutput) {
        switch command {
        case .greet: goOn(&output)
        case .allowInterruptions: mayBeInterrupted = true
        case .respond(let instructions, _): send(.userMessage(instructions ?? Self.goOn), &output)
        case .message(let role, let text, let answered): tell(text, by: role, answered: answered, &output)
        case .say(let text): send(.userMessage(UpstreamWords.say(text)), &output)
        case .digits(let digits): send(.userMessage(UpstreamWords.keypad(digits)), &output)
        case .callerIsBusy: send(.userActivity, &output)
        case .toolResult(let callID, let result): answer(callID, result, &output)
        case .update(let update):
            guard let instructions = update.instructions else { break }
            send(.contextualUpdate(instructions), &output)
        // The server cuts its answers and ends the caller's turns by itself, and offers nothing to do it from here.
        case .cancelResponse, .interrupt, .truncate, .delete, .commitAudio: break
        }
    }

    private static let goOn = "Please go on."

    /// The agent greets by itself. A conversation cannot be resumed there: a new one is told what was said in the old one,
    /// and the caller's last words are said again if nobody answered them.
    private func goOn(_ output: inout UpstreamOutput) {
        guard let last = setup.pastTurns.last else { return }
        let isUnanswered = last.speaker == .caller
        let turns = isUnanswered ? setup.pastTurns.dropLast() : setup.pastTurns[...]
        let lines = turns.map { "\($0.speaker == .caller ? "Caller" : "Agent"): \($0.text)" }
        send(.contextualUpdate((lines + [UpstreamWords.resumption]).joined(separator: "\n")), &output)
        if isUnanswered { send(.userMessage(last.text), &output) }
    }

    /// Only the caller can be spoken for; the rest is background.
    private func tell(
        _ text: String, by role: UpstreamMessageRole, answered: Bool, _ output: inout UpstreamOutput
    ) {
        if answered { return send(.userMessage(text), &output) }
        switch role {
        case .system: send(.contextualUpdate(text), &output)
        case .caller: send(.contextualUpdate("Caller: \(text)"), &output)
        case .agent: send(.contextualUpdate("Agent: \(text)"), &output)
        }
    }

    private mutating func answer(_ callID: String, _ result: String, _ output: inout UpstreamOutput) {
        guard tools.answer(callID) else {
            let detail = PeerText("no tool call \(callID) waits for an answer")
            output.events.append(.warning(.badTiming(detail: detail)))
            return
        }
        send(.toolResult(callID: callID, result: result, isError: Self.isError(result)), &output)
    }

    /// Results that tell of a failure are objects with an `error`.
    private static func isError(_ result: String) -> Bool {
        (try? JSONObject(parsing: result.utf8.span))?["error"] != nil
    }
}
