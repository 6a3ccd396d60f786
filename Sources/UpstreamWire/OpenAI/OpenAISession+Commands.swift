internal import JSONWire
internal import MediaCore
public import Timeline
internal import Wording

extension OpenAISession {
    public mutating func perform(_ command: UpstreamCommand, at now: Instant) -> UpstreamOutput {
        var output = UpstreamOutput()
        switch phase {
        case .configuring, .ready: perform(command, at: now, &output)
        case .connecting:
            output.events.append(.warning(.badTiming(detail: PeerText("the session is not set up yet"))))
        case .ended: break
        }
        return output
    }

    private mutating func perform(_ command: UpstreamCommand, at now: Instant, _ output: inout UpstreamOutput) {
        switch command {
        case .greet: greet(at: now, &output)
        case .allowInterruptions: allowInterruptions(&output)
        case .respond(let instructions, let mayUseTools):
            ask(request(instructions, mayUseTools: mayUseTools), at: now, &output)
        case .cancelResponse: giveUpResponse(isCancelledByServer: false, &output)
        case .interrupt(let cut): interrupt(cut, &output)
        case .truncate(let item, let heard): truncate(item, heard: heard, &output)
        case .delete(let item): delete(item, &output)
        case .message(let role, let text, let answered):
            add(.message(role, text), answered: answered, at: now, &output)
        case .say(let text):
            add(.message(.system, UpstreamWords.say(text)), answered: true, at: now, &output)
        case .digits(let digits):
            add(.message(.caller, UpstreamWords.keypad(digits)), answered: true, at: now, &output)
        case .callerIsBusy: break  // The protocol has nothing for it.
        case .toolResult(let callID, let result): answer(callID, result, at: now, &output)
        case .update(let update): change(update, &output)
        case .commitAudio: send(.commitAudio, as: .audio, &output)
        }
    }

    /// A conversation that goes on is not greeted: the agent speaks if the caller had the last word.
    private mutating func greet(at now: Instant, _ output: inout UpstreamOutput) {
        if let last = setup.pastTurns.last {
            if last.speaker == .caller { ask(OpenAIResponseRequest(), at: now, &output) }
            return
        }
        switch setup.agent.firstMessage {
        case nil: ask(OpenAIResponseRequest(), at: now, &output)
        case "": break
        case let message?:
            let words = TextTemplate.filling(message, with: setup.agent.variables)
            let instructions = "The call has just begun. Say exactly this, and nothing else: \(words)"
            ask(request(instructions, mayUseTools: false), at: now, &output)
        }
    }

    /// The instructions of a response replace those of the session, so the agent's own are said again.
    private func request(_ instructions: String?, mayUseTools: Bool) -> OpenAIResponseRequest {
        let all = instructions.map { [configuration.instructions, $0].compactMap { $0 }.joined(separator: "\n\n") }
        return OpenAIResponseRequest(
            instructions: all, toolChoice: mayUseTools ? nil : OpenAISessionConfiguration.ToolChoice.none)
    }

    private mutating func add(
        _ item: OpenAINewItem, answered: Bool, at now: Instant, _ output: inout UpstreamOutput
    ) {
        add(item, &output)
        if answered { ask(OpenAIResponseRequest(), at: now, &output) }
    }

    mutating func add(_ item: OpenAINewItem, _ output: inout UpstreamOutput) {
        send(.createItem(item), as: .item, &output)
        unacknowledged.insert(item)
    }

    /// The model goes on when the last of its calls is answered.
    private mutating func answer(
        _ callID: String, _ result: String, at now: Instant, _ output: inout UpstreamOutput
    ) {
        guard tools.answer(callID) else {
            let detail = PeerText("no tool call \(callID) waits for an answer")
            output.events.append(.warning(.badTiming(detail: detail)))
            return
        }
        add(.toolOutput(callID: callID, output: result), answered: tools.areAllAnswered, at: now, &output)
    }

    private mutating func change(_ update: UpstreamUpdate, _ output: inout UpstreamOutput) {
        var changes = OpenAISessionConfiguration()
        changes.instructions = update.instructions
        changes.tools = update.tools
        changes.turnDetection = update.turnDetection.map { .asGiven($0) }
        changes.mayBeInterrupted = configuration.mayBeInterrupted
        configuration.instructions = changes.instructions ?? configuration.instructions
        configuration.tools = changes.tools ?? configuration.tools
        configuration.turnDetection = changes.turnDetection ?? configuration.turnDetection
        send(.updateSession(changes), as: .change, &output)
    }

    // MARK: Interruptions

    private mutating func allowInterruptions(_ output: inout UpstreamOutput) {
        guard !configuration.mayBeInterrupted else { return }
        configuration.mayBeInterrupted = true
        guard let turnDetection = configuration.turnDetection, turnDetection != .asGiven(.null) else { return }
        var changes = OpenAISessionConfiguration()
        changes.turnDetection = turnDetection
        send(.updateSession(changes), as: .change, &output)
    }

    /// The server's memory is cut to what was heard, and nothing more of it is played.
    private mutating func interrupt(_ cut: UpstreamCut, _ output: inout UpstreamOutput) {
        giveUpResponse(isCancelledByServer: turnDetection?.interruptsResponses == true, &output)
        if let audible = cut.audible {
            items.fence(audible.item)
            truncate(audible.item, heard: audible.heard, &output)
        }
        for item in cut.unheard {
            items.fence(item)
            delete(item, &output)
        }
    }

    private mutating func giveUpResponse(isCancelledByServer: Bool, _ output: inout UpstreamOutput) {
        guard let id = gate.abandon() else { return }
        items.fence(responseID: id)
        if !isCancelledByServer { send(.cancelResponse(id: id), as: .cancel, &output) }
    }

    /// Never past what came, since the server refuses that and then believes that all was heard.
    private mutating func truncate(_ item: AgentItem, heard: Milliseconds, _ output: inout UpstreamOutput) {
        guard let entry = known(item, &output) else { return }
        let received = formats.agentAudio.milliseconds(of: entry.receivedBytes)
        let end = min(heard, received)
        guard end > .zero else { return delete(item, &output) }
        if entry.isComplete, received - end <= Self.negligible { return }
        send(
            .truncate(itemID: entry.itemID, contentIndex: entry.contentIndex, end: end), as: .truncate,
            &output)
    }

    /// So little of an end is as good as all of it.
    private static let negligible = Milliseconds(100)

    private mutating func delete(_ item: AgentItem, _ output: inout UpstreamOutput) {
        guard let entry = known(item, &output) else { return }
        send(.deleteItem(id: entry.itemID), as: .delete, &output)
    }

    private func known(_ item: AgentItem, _ output: inout UpstreamOutput) -> OpenAIAgentItems.Entry? {
        if let entry = items.entry(item) { return entry }
        output.events.append(.warning(.unknownItem))
        return nil
    }
}
