internal import JSONWire
internal import Timeline

/// What the client says.
extension ElevenLabsSession {
    private static let plainChunk = PlainFrame(head: #"{"user_audio_chunk":""#)

    mutating func take(_ text: Span<UInt8>) {
        if hasBegun, let frame = Self.plainChunk.bytes(of: text) { return hear(frame) }
        do throws(ElevenLabsError) {
            let limits = JSONValue.Limits(bytes: PracticeUpstream.messageLimit)
            guard let message = try? JSONObject(parsing: text, limits: limits) else {
                throw .invalid("it is no JSON object.")
            }
            if case .string("conversation_initiation_client_data")? = message["type"] {
                try take(initiation: message)
            } else {
                if !hasBegun { begin() }
                try follow(message)
            }
        } catch {
            fail(error)
        }
    }

    private mutating func take(initiation message: JSONObject) throws(ElevenLabsError) {
        guard !hasBegun else { throw .invalid("the conversation has begun already.") }
        let initiation = try Initiation(message)
        do throws(ElevenLabsError) {
            try initiation.check(against: agent.settings.elevenLabs)
        } catch {
            // The service says no more than the reason of the close.
            agent.report(.error(code: error.type, message: error.message))
            return agent.end(error.closing)
        }
        self.initiation = initiation
        begin()
    }

    private mutating func follow(_ message: JSONObject) throws(ElevenLabsError) {
        if let chunk = message["user_audio_chunk"] { return try hear(chunk) }
        switch try message.neededText("type") {
        case "pong": pong(try Self.eventID(of: message))
        case "client_tool_result": try takeResult(message)
        case "user_message": takeMessage(try message.neededText("text"))
        case "multimodal_message":
            if let text = try message.objectIfPresent("text") { takeMessage(try text.neededText("text")) }
        case "contextual_update":
            let text = try message.neededText("text")
            agent.report(.message(role: "context", text: text))
            takeWishes(inMessage: text)
        case "user_activity":
            lastInput = agent.now
            idleGeneration += 1
        case "feedback": _ = try Self.eventID(of: message)
        case "mcp_tool_approval_result": _ = try message.neededText("tool_call_id")
        case let type: throw .invalid("there is no type '\(type.prefix(40))'.")
        }
    }

    private static func eventID(of message: JSONObject) throws(ElevenLabsError) -> Int {
        switch try message.needed("event_id") {
        case .number(let number):
            guard let id = number.integer.flatMap({ Int(exactly: $0) }) else { break }
            return id
        case .string(let text):
            guard let id = Int(text) else { break }
            return id
        case .null, .bool, .array, .object: break
        }
        throw .invalid("'event_id' must be an integer.")
    }

    // MARK: speech

    private mutating func hear(_ chunk: JSONValue) throws(ElevenLabsError) {
        guard case .string(let text) = chunk, let bytes = Base64.decode(text) else {
            throw .invalid("'user_audio_chunk' must be base64.")
        }
        hear(bytes)
    }

    private mutating func hear(_ bytes: [UInt8]) {
        lastInput = agent.now
        for event in agent.hear(bytes, as: hears) {
            switch event {
            case .started(let start): callerStarts(at: start)
            case .stopped(let end): callerStops(at: end)
            }
        }
        if speakingSince == nil { agent.caller.keepLast(milliseconds: 400) }
        tellScore()
    }

    private mutating func callerStarts(at start: Int) {
        speakingSince = start
        idleGeneration += 1
        agent.report(.callerSpeaks(fromMilliseconds: start))
        interrupt()
        reach(.speech)
    }

    private mutating func callerStops(at end: Int) {
        guard let start = speakingSince else { return }
        speakingSince = nil
        let id = nextEventID()
        agent.report(.callerSpoke(item: "event-\(id)", fromMilliseconds: start, toMilliseconds: end))
        agent.lastTurn = agent.caller.commit()
        let words = Utterance.callerWords(turn: agent.turn)
        emit(
            "tentative_user_transcript", "tentative_user_transcription_event",
            ["user_transcript": .string(words.prefix(2).joined(separator: " ")), "event_id": eventID(id)])
        plan(
            .transcribe(event: id, text: words.joined(separator: " ")),
            after: min(.milliseconds(150), agent.settings.thinking))
        guard waitingTools.isEmpty else {
            callerWaits = true
            return
        }
        respond()
    }

    mutating func transcribe(_ text: String, event: Int) {
        emit(
            "user_transcript", "user_transcription_event",
            ["user_transcript": .string(text), "event_id": eventID(event)])
    }

    /// Five times a second of what the caller sends.
    private mutating func tellScore() {
        let steps = agent.caller.milliseconds / 200
        guard steps > vadSteps else { return }
        vadSteps = steps
        emit("vad_score", "vad_score_event", ["vad_score": .double(isCallerSpeaking ? 0.93 : 0.04)])
    }

    /// Written words count as spoken ones.
    private mutating func takeMessage(_ text: String) {
        lastInput = agent.now
        agent.report(.message(role: "user", text: text))
        interrupt()
        takeWishes(inMessage: text)
        guard isReady, !agent.hasEnded else { return }
        guard waitingTools.isEmpty else {
            callerWaits = true
            return
        }
        respond()
    }

    // MARK: tools

    private mutating func takeResult(_ message: JSONObject) throws(ElevenLabsError) {
        let call = try message.neededText("tool_call_id")
        let result = try message.neededText("result")
        guard case .bool(let isError) = try message.needed("is_error") else {
            throw .invalid("'is_error' must be a boolean.")
        }
        guard waitingTools.remove(call) != nil else {
            agent.report(
                .error(code: "practice.unknown_tool_call", message: "no call '\(call)' waits for an answer"))
            return
        }
        agent.report(.toolAnswered(call: call, output: result, isError: isError))
        goOnAfterTools()
    }

    /// The agent waits no longer, and goes on without the answer.
    mutating func giveUp(tool call: String) {
        guard waitingTools.remove(call) != nil else { return }
        agent.report(
            .error(code: "practice.tool_timeout", message: "the call '\(call)' was not answered in time"))
        goOnAfterTools()
    }

    private mutating func goOnAfterTools() {
        guard waitingTools.isEmpty else { return }
        // What the caller said meanwhile is a turn of its own.
        agent.hasAnswer = !callerWaits
        callerWaits = false
        if speakingSince == nil { respond() }
    }
}
