internal import JSONWire
internal import Timeline

/// What the caller says.
extension PracticeSession {
    /// Less than this cannot be committed by hand.
    private static let shortestCommit = 100.0
    private static let transcribing = Duration.milliseconds(150)
    private static let longestAppend = 15 << 20

    /// Frames come by the million, and from most bridges as these very bytes; all else is read as any other event.
    private static let appendHead = Array(#"{"type":"input_audio_buffer.append","audio":""#.utf8)
    private static let appendTail = Array(#""}"#.utf8)

    /// False when it is not plainly a frame: then nothing was taken.
    mutating func appendPlainly(_ text: Span<UInt8>) -> Bool {
        let head = Self.appendHead.span
        let tail = Self.appendTail.span
        guard text.count >= head.count + tail.count, text.count < 65_536 else { return false }
        for index in head.indices where text[index] != head[index] { return false }
        let end = text.count - tail.count
        for index in tail.indices where text[end + index] != tail[index] { return false }
        guard let bytes = Base64.decode(text.extracting(head.count..<end)) else { return false }
        append(bytes)
        return true
    }

    mutating func append(_ parameter: Parameter) throws(VendorError) {
        let text = try parameter.string()
        guard let bytes = Base64.decode(text) else {
            throw .invalid(
                parameter.path,
                "Invalid '\(parameter.path)'. Expected base64-encoded audio bytes "
                    + "(\(configuration.inputAudio.rawValue)), but got an invalid value.")
        }
        guard bytes.count <= Self.longestAppend else {
            throw .invalid(parameter.path, "Invalid '\(parameter.path)': audio longer than 15 MiB.")
        }
        append(bytes)
    }

    private mutating func append(_ new: [UInt8]) {
        var bytes = new
        let count = bytes.count
        if configuration.inputAudio == .pcm {
            if let first = oddByte { bytes.insert(first, at: 0) }
            oddByte = bytes.count % 2 == 0 ? nil : bytes.popLast()
        }
        let samples = configuration.inputAudio.decode(bytes)
        caller.append(samples, bytes: count)
        keepHeard(samples)
        guard let detection = configuration.turnDetection, let events = detector?.listen(samples) else { return }
        for event in events {
            switch event {
            case .started(let start): callerStarts(at: start, detection)
            case .stopped(let end): callerStops(at: end, detection)
            }
        }
        if speakingItem == nil { caller.keepLast(milliseconds: detection.prefixPadding + 100) }
    }

    private mutating func keepHeard(_ samples: [Int16]) {
        guard settings.isRecording else { return }
        let sound = Sound(rate: caller.rate, samples: samples)
        guard let heard else {
            self.heard = sound
            return
        }
        self.heard?.append(sound.resampled(to: heard.rate))
    }

    private mutating func callerStarts(at start: Int, _ detection: TurnDetection) {
        let item = nextID("item")
        speakingItem = item
        speakingSince = start
        idleGeneration += 1
        report(.callerSpeaks(fromMilliseconds: start))
        emit("input_audio_buffer.speech_started", ["audio_start_ms": .integer(start), "item_id": .string(item)])
        if detection.interruptsResponse { interrupt() }
        reach(.speech)
    }

    private mutating func callerStops(at end: Int, _ detection: TurnDetection) {
        guard let item = speakingItem else { return }
        speakingItem = nil
        report(.callerSpoke(item: item, fromMilliseconds: speakingSince, toMilliseconds: end))
        emit("input_audio_buffer.speech_stopped", ["audio_end_ms": .integer(end), "item_id": .string(item)])
        commit(item)
        guard detection.createsResponse, activeResponse == nil else { return }
        begin(Response.Request())
    }

    private mutating func commit(_ item: String) {
        lastTurn = caller.commit()
        emit(
            "input_audio_buffer.committed",
            ["previous_item_id": .optional(conversation.lastID), "item_id": .string(item)])
        conversation.append(
            Conversation.Item(
                id: item, kind: .message(role: "user"), status: "completed",
                members: Self.messageMembers(role: "user", content: [["type": "input_audio", "transcript": nil]])))
        announce(item, done: false)
        announce(item, done: true)
        if configuration.isTranscribing { plan(.transcribe(item: item, turn: turn), after: Self.transcribing) }
    }

    mutating func commitByHand() throws(VendorError) {
        guard caller.uncommittedMilliseconds >= Self.shortestCommit else {
            // Two decimals, as the service writes them.
            let hundredths = Int((caller.uncommittedMilliseconds * 100).rounded())
            let shown = "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
            throw VendorError(
                code: "input_audio_buffer_commit_empty",
                message:
                    "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but "
                    + "buffer only has \(shown)ms of audio.")
        }
        let item = speakingItem ?? nextID("item")
        speakingItem = nil
        detector?.forget()
        commit(item)
    }

    mutating func clearBuffer() {
        speakingItem = nil
        detector?.forget()
        caller.clear()
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
        let item = nextID("item")
        emit(
            "input_audio_buffer.timeout_triggered",
            [
                "audio_start_ms": .integer(max(0, caller.milliseconds - timeout)),
                "audio_end_ms": .integer(caller.milliseconds), "item_id": .string(item),
            ])
        commit(item)
        begin(Response.Request())
    }
}
