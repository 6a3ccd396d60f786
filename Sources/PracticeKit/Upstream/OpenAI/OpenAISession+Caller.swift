internal import JSONWire
internal import Timeline

/// What the caller says.
extension OpenAISession {
    /// Less than this cannot be committed by hand.
    private static let shortestCommit = 100.0
    private static let transcribing = Duration.milliseconds(150)
    private static let longestAppend = 15 << 20
    static let plainAppend = PlainFrame(head: #"{"type":"input_audio_buffer.append","audio":""#)

    mutating func append(_ parameter: Parameter) throws(VendorError) {
        let text = try parameter.string()
        guard let bytes = Base64.decode(text) else {
            throw .invalid(
                parameter.path,
                "Invalid '\(parameter.path)'. Expected base64-encoded audio bytes "
                    + "(\(configuration.inputAudio.openAIName)), but got an invalid value.")
        }
        guard bytes.count <= Self.longestAppend else {
            throw .invalid(parameter.path, "Invalid '\(parameter.path)': audio longer than 15 MiB.")
        }
        append(bytes)
    }

    mutating func append(_ bytes: [UInt8]) {
        let events = agent.hear(bytes, as: configuration.inputAudio)
        guard let detection = configuration.turnDetection else { return }
        for event in events {
            switch event {
            case .started(let start): callerStarts(at: start, detection)
            case .stopped(let end): callerStops(at: end, detection)
            }
        }
        if speakingItem == nil { agent.caller.keepLast(milliseconds: detection.prefixPadding + 100) }
    }

    private mutating func callerStarts(at start: Int, _ detection: TurnDetection) {
        let item = agent.nextID("item")
        speakingItem = item
        speakingSince = start
        idleGeneration += 1
        agent.report(.callerSpeaks(fromMilliseconds: start))
        emit("input_audio_buffer.speech_started", ["audio_start_ms": .integer(start), "item_id": .string(item)])
        if detection.interruptsResponse { interrupt() }
        reach(.speech)
    }

    private mutating func callerStops(at end: Int, _ detection: TurnDetection) {
        guard let item = speakingItem else { return }
        speakingItem = nil
        agent.report(.callerSpoke(item: item, fromMilliseconds: speakingSince, toMilliseconds: end))
        emit("input_audio_buffer.speech_stopped", ["audio_end_ms": .integer(end), "item_id": .string(item)])
        commit(item)
        guard detection.createsResponse, activeResponse == nil else { return }
        begin(Response.Request())
    }

    private mutating func commit(_ item: String) {
        agent.lastTurn = agent.caller.commit()
        emit(
            "input_audio_buffer.committed",
            ["previous_item_id": .optional(conversation.lastID), "item_id": .string(item)])
        conversation.append(
            Conversation.Item(
                id: item, kind: .message(role: "user"), status: "completed",
                members: Self.messageMembers(role: "user", content: [["type": "input_audio", "transcript": nil]])))
        announce(item, done: false)
        announce(item, done: true)
        if configuration.isTranscribing { plan(.transcribe(item: item, turn: agent.turn), after: Self.transcribing) }
    }

    mutating func commitByHand() throws(VendorError) {
        guard agent.caller.uncommittedMilliseconds >= Self.shortestCommit else {
            // Two decimals, as the service writes them.
            let hundredths = Int((agent.caller.uncommittedMilliseconds * 100).rounded())
            let shown = "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
            throw VendorError(
                code: "input_audio_buffer_commit_empty",
                message:
                    "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but "
                    + "buffer only has \(shown)ms of audio.")
        }
        let item = speakingItem ?? agent.nextID("item")
        speakingItem = nil
        agent.detector?.forget()
        commit(item)
    }

    mutating func clearBuffer() {
        speakingItem = nil
        agent.detector?.forget()
        agent.caller.clear()
        emit("input_audio_buffer.cleared", [:])
    }

    mutating func transcribe(_ item: String, turn: Int) {
        let words = Utterance.callerWords(turn: turn)
        for (place, word) in words.enumerated() {
            emit(
                "conversation.item.input_audio_transcription.delta",
                [
                    "item_id": .string(item), "content_index": 0, "delta": .string(place == 0 ? word : " \(word)"),
                ])
        }
        emit(
            "conversation.item.input_audio_transcription.completed",
            [
                "item_id": .string(item), "content_index": 0, "transcript": .string(words.joined(separator: " ")),
                "usage": [
                    "type": "tokens", "total_tokens": .integer(words.count + 10), "input_tokens": 10,
                    "input_token_details": ["text_tokens": 0, "audio_tokens": 10],
                    "output_tokens": .integer(words.count),
                ],
            ])
    }

    /// The caller let the allowed time go by: the silence counts as a turn.
    mutating func takeIdleTurn() {
        guard speakingItem == nil, activeResponse == nil, let timeout = configuration.turnDetection?.idleTimeout else {
            return
        }
        let item = agent.nextID("item")
        emit(
            "input_audio_buffer.timeout_triggered",
            [
                "audio_start_ms": .integer(max(0, agent.caller.milliseconds - timeout)),
                "audio_end_ms": .integer(agent.caller.milliseconds), "item_id": .string(item),
            ])
        commit(item)
        begin(Response.Request())
    }
}
