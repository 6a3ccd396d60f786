internal import JSONWire
internal import Timeline

/// What the agent says and does in its turn, and how that ends.
extension ElevenLabsSession {
    /// From the end of a goodbye to the end of the conversation.
    private static let goodbye = Duration.milliseconds(300)

    /// It is the agent's turn.
    mutating func respond() {
        idleGeneration += 1
        if !agent.hasAnswer {
            agent.turn += 1
            takeWishesOfTurn()
        }
        agent.hasAnswer = false
        guard !agent.hasEnded else { return }
        let calls = agent.dueToolCalls()
        if agent.mustSayFarewell || calls.contains(where: \.isEndOfCall) { agent.isSayingFarewell = true }
        let clientCalls = calls.filter { !$0.isEndOfCall }
        guard clientCalls.isEmpty else {
            for tool in clientCalls { call(tool) }
            reach(.tool)
            return
        }
        planSpeech()
    }

    private mutating func planSpeech() {
        guard agent.settings.mode != .silent else {
            if agent.isSayingFarewell { endCall() }
            return
        }
        let greeting = agent.turn <= 1 ? initiation.text("first_message").map(Utterance.words) : nil
        let words = greeting ?? Utterance.words(for: agent.occasion, instructions: nil)
        let promised = agent.settings.elevenLabs.speaks
        let audio = agent.misbehaves(.wrongFormat) ? promised.mistakenByElevenLabs : promised
        let utterances = agent.utterances(words, in: audio)
        let start = agent.now.advanced(by: agent.burst == nil ? agent.settings.thinking : .zero)
        for utterance in utterances {
            speeches.append(AgentSpeech(eventID: nextSpeechID(), utterance: utterance, audio: audio, due: start))
        }
        agent.totals.responses += 1
        agent.report(
            .responseStarted(
                response: "event-\(lastEventID)", turn: agent.turn, pitches: utterances.compactMap(\.pitch)))
    }

    private mutating func nextSpeechID() -> Int {
        defer { interruptionID = nil }
        if agent.misbehaves(.elevenLabs(.sameID)), let interruptionID { return interruptionID }
        return nextEventID()
    }

    // MARK: saying it

    /// Sends all that is due.
    mutating func speak() {
        while !agent.hasEnded, let due = speeches.first?.due, due <= agent.now {
            let isFirst = speeches[0].sentBytes == 0
            if isFirst { beginSpeech() }
            sendPiece()
            if isFirst { reach(agent.turn <= 1 ? .greeting : .reply) }
            // A fault may have ended it all meanwhile.
            guard !agent.hasEnded, let speech = speeches.first, speech.isDone else { continue }
            speeches.removeFirst()
            if let next = speeches.indices.first { speeches[next].due = max(speeches[next].due, speech.due) }
            finish(speech)
        }
    }

    private mutating func beginSpeech() {
        let speech = speeches[0]
        let from = max(agent.now, played.last?.until ?? agent.now)
        played.removeAll { $0.until <= agent.now }
        played.append(
            Played(
                eventID: speech.eventID, words: speech.utterance.words, from: from,
                length: speech.audio.duration(ofBytes: speech.utterance.bytes.count)))
        emit(
            "agent_response", "agent_response_event",
            ["agent_response": .string(speech.text), "event_id": eventID(speech.eventID)])
    }

    private mutating func sendPiece() {
        let isOdd = agent.misbehaves(.oddDeltas)
        let piece = speeches[0].nextPiece(isWhole: agent.burst != nil, isOdd: isOdd)
        let speech = speeches[0]
        let bytes = speech.utterance.bytes[piece]
        if agent.misbehaves(.elevenLabs(.emptyAudio)) { send(audio: [], of: speech.eventID) }
        send(audio: bytes, of: speech.eventID, alignment: Self.alignment(of: speech, piece))
        agent.say(bytes, as: speech.audio)
        if agent.burst == nil, agent.settings.pace > 0 {
            speeches[0].due = speech.due.advanced(by: speech.audio.duration(ofBytes: piece.count) / agent.settings.pace)
        }
    }

    private mutating func send(audio bytes: some Collection<UInt8>, of event: Int, alignment: JSONValue? = nil) {
        var members = [
            JSONObject.Member(name: "audio_base_64", value: .string(Base64.encode(bytes))),
            JSONObject.Member(name: "event_id", value: eventID(event)),
        ]
        if let alignment { members.append(JSONObject.Member(name: "alignment", value: alignment)) }
        emit("audio", "audio_event", .object(JSONObject(members)))
    }

    /// The characters that fall into a piece, spread over it evenly.
    private static func alignment(of speech: AgentSpeech, _ piece: Range<Int>) -> JSONValue? {
        let all = Array(speech.text)
        let total = max(1, speech.utterance.bytes.count)
        let characters = all[all.count * piece.lowerBound / total..<all.count * piece.upperBound / total]
        guard !characters.isEmpty else { return nil }
        let length = speech.audio.milliseconds(ofBytes: piece.count)
        let starts = characters.indices.map { ($0 - characters.startIndex) * length / characters.count }
        let ends = starts.dropFirst() + [length]
        return [
            "chars": .array(characters.map { .string(String($0)) }),
            "char_start_times_ms": .array(starts.map { .integer($0) }),
            "char_durations_ms": .array(zip(starts, ends).map { .integer($1 - $0) }),
        ]
    }

    private mutating func finish(_ speech: AgentSpeech) {
        emit("agent_response_complete", "agent_response_complete_event", ["event_id": eventID(speech.eventID)])
        agent.report(
            .responseEnded(
                response: "event-\(speech.eventID)", status: "completed", reason: nil,
                audioMilliseconds: speech.audio.milliseconds(ofBytes: speech.sentBytes)))
        guard speeches.isEmpty else { return }
        reach(agent.turn <= 1 ? .afterGreeting : .afterReply)
        guard !agent.hasEnded else { return }
        if agent.isSayingFarewell { return endCall() }
        guard let timeout = agent.settings.elevenLabs.turnTimeout, let end = played.last?.until else { return }
        idleGeneration += 1
        plan(.idle(generation: idleGeneration), after: max(.zero, agent.now.duration(to: end)) + timeout)
    }

    // MARK: early ends

    /// The caller speaks: what is still to be said is not, and what was sent ahead is taken back.
    mutating func interrupt() {
        // An agent that may not be interrupted talks on.
        guard agent.settings.elevenLabs.events.contains("interruption") else { return }
        let unsent = speeches
        speeches = []
        played.removeAll { $0.until <= agent.now }
        for speech in unsent where speech.sentBytes == 0 { end(speech) }
        guard let last = played.last, let current = played.first else { return }
        played = []
        interruptionID = last.eventID
        agent.totals.interruptions += 1
        let begun = unsent.first { $0.sentBytes > 0 }
        let made = begun.map { $0.audio.milliseconds(ofBytes: $0.sentBytes) } ?? Int(last.length.inSeconds * 1_000)
        agent.report(
            .interrupted(response: "event-\(last.eventID)", item: nil, generatedMilliseconds: made))
        emit("interruption", "interruption_event", ["event_id": eventID(last.eventID)])
        if let begun { end(begun) }
        emit(
            "agent_response_correction", "agent_response_correction_event",
            [
                "original_agent_response": .string(current.words.joined(separator: " ")),
                "corrected_agent_response": .string(current.heard(at: agent.now)),
                "event_id": eventID(current.eventID),
            ])
        guard agent.misbehaves(.lateDeltas) else { return }
        let audio = agent.settings.elevenLabs.speaks
        let late = audio.encode(Sound.tone(1_000, for: .milliseconds(100), rate: audio.rate).samples)
        for _ in 0..<3 { send(audio: late, of: last.eventID - 1) }
    }

    private mutating func end(_ speech: AgentSpeech) {
        agent.report(
            .responseEnded(
                response: "event-\(speech.eventID)", status: "interrupted", reason: nil,
                audioMilliseconds: speech.audio.milliseconds(ofBytes: speech.sentBytes)))
    }

    // MARK: tools

    private mutating func call(_ tool: PracticeSettings.ToolCall) {
        let call = agent.nextID("tool")
        let parameters = try? JSONObject(parsing: Array(tool.arguments.utf8).span)
        agent.report(.toolCalled(name: tool.name, call: call, arguments: tool.arguments))
        waitingTools.insert(call)
        let id = nextEventID()
        for _ in 0..<(agent.misbehaves(.doubleTool) ? 2 : 1) {
            emit(
                "client_tool_call", "client_tool_call",
                [
                    "tool_name": .string(tool.name), "tool_call_id": .string(call),
                    "parameters": .object(parameters ?? JSONObject()), "event_id": eventID(id),
                    "expects_response": true,
                ])
        }
        plan(.giveUpTool(call: call), after: agent.settings.elevenLabs.toolTimeout)
    }

    /// The goodbye is said: the agent hangs up with its own tool, and the service ends the conversation.
    private mutating func endCall() {
        let call = agent.nextID("tool")
        agent.report(.toolCalled(name: "end_call", call: call, arguments: "{}"))
        emit(
            "agent_tool_response", "agent_tool_response",
            [
                "tool_name": "end_call", "tool_call_id": .string(call), "tool_type": "system", "is_error": false,
                "is_called": true, "event_id": eventID(nextEventID()),
            ])
        plan(.hangUp, after: Self.goodbye)
    }

    mutating func hangUp() {
        guard !agent.misbehaves(.elevenLabs(.noClose)) else { return }
        agent.end(.close(code: 1_000, reason: "Conversation ended by the agent."))
    }
}

extension PracticeSettings.ToolCall {
    /// The service's own tool: no client answers it.
    fileprivate var isEndOfCall: Bool { name == "end_call" }
}
