internal import JSONWire

/// What the agent is going to say or do.
extension PracticeSession {
    /// The parts of one response, and the pitches that its audio will have.
    mutating func plannedParts(
        _ request: Response.Request, _ modality: String
    ) -> (parts: [Response.Part], pitches: [Double]) {
        if request.isInConversation, mayCallTools(request) {
            let calls = dueToolCalls()
            if !calls.isEmpty { return (calls, []) }
        }
        guard settings.mode != .silent else { return ([], []) }
        let occasion = occasion()
        let words = Utterance.words(for: occasion, instructions: request.instructions)
        guard modality == "audio" else {
            return ([Response.Part(item: nextID("item"), content: .text(words: words))], [])
        }
        let promised = request.audio ?? configuration.outputAudio
        let audio = misbehaves(.wrongFormat) ? promised.mistaken : promised
        let utterances = utterances(occasion, words, in: audio)
        let limit = request.maximumOutputTokens ?? configuration.maximumOutputTokens
        let parts = utterances.map { utterance in
            part(saying: utterance, in: audio, limit: limit)
        }
        return (parts, utterances.compactMap(\.pitch))
    }

    private func occasion() -> Utterance.Occasion {
        if isSayingFarewell { return .farewell }
        return turn <= 1 ? .greeting : .reply(turn: turn - 2)
    }

    /// One token of audio lasts 50 ms.
    private mutating func part(saying utterance: Utterance, in audio: WireAudio, limit: Int?) -> Response.Part {
        let most = limit.map { $0 * audio.rate / 20 * audio.bytesPerSample } ?? .max
        let isCut = utterance.bytes.count > most
        return Response.Part(
            item: nextID("item"),
            content: .speech(
                bytes: isCut ? Array(utterance.bytes.prefix(most)) : utterance.bytes, audio: audio,
                words: utterance.words),
            isCut: isCut)
    }

    private mutating func utterances(_ occasion: Utterance.Occasion, _ words: [String], in audio: WireAudio)
        -> [Utterance]
    {
        let length = burst ?? (occasion == .greeting ? settings.greeting : settings.reply)
        let pitch = settings.pitches[spoken % settings.pitches.count]
        spoken += 1
        let first = utterance(words, pitch: pitch, for: length, occasion, in: audio)
        guard misbehaves(.twoItems) else { return [first] }
        // A fifth above, or below where a telephone could not carry it.
        let second = pitch * 1.5 < 3_400 ? pitch * 1.5 : pitch / 1.5
        return [first, utterance(words, pitch: second, for: length, occasion, in: audio)]
    }

    private mutating func utterance(
        _ words: [String], pitch: Double, for length: Duration, _ occasion: Utterance.Occasion, in audio: WireAudio
    ) -> Utterance {
        if let sound = settings.replySound, burst == nil {
            return reply(sound, words, in: audio)
        }
        switch settings.mode {
        case .echo:
            if case .reply = occasion, let turn = lastTurn, !turn.samples.isEmpty {
                return utterance(of: turn, words, pitch: nil, in: audio)
            }
        case .voice:
            let voice = Sound.speech(pitch: pitch / 4, for: length, rate: audio.rate, seed: UInt64(spoken))
            return utterance(of: voice, words, pitch: pitch / 4, in: audio)
        case .tone, .silent: break
        }
        let tone = ToneShelf.Tone(pitch: pitch, length: length, audio: audio)
        return Utterance(bytes: shelf.bytes(of: tone), words: words, pitch: pitch)
    }

    /// It is the same each time, and encoded once.
    private mutating func reply(_ sound: Sound, _ words: [String], in audio: WireAudio) -> Utterance {
        if let made = replyBytes, made.audio == audio {
            return Utterance(bytes: made.bytes, words: words, pitch: nil)
        }
        let utterance = utterance(of: sound, words, pitch: nil, in: audio)
        replyBytes = (audio, utterance.bytes)
        return utterance
    }

    private func utterance(of sound: Sound, _ words: [String], pitch: Double?, in audio: WireAudio) -> Utterance {
        Utterance(bytes: audio.encode(sound.resampled(to: audio.rate).samples), words: words, pitch: pitch)
    }

    // MARK: tools

    private func mayCallTools(_ request: Response.Request) -> Bool {
        (request.toolChoice ?? configuration.passing["tool_choice"]) != "none"
    }

    /// The calls of this turn; each is made once.
    private mutating func dueToolCalls() -> [Response.Part] {
        var parts: [Response.Part] = []
        for tool in settings.tools where tool.turn == turn && calledTools.insert(tool).inserted {
            parts.append(call(tool.name, tool.arguments))
        }
        if parts.isEmpty, let last = settings.endCallAfter, turn > last, !isSayingFarewell,
            configuration.toolNames.contains("end_call")
        {
            isSayingFarewell = true
            parts.append(call("end_call", #"{"reason":"The caller has all that was asked for."}"#))
        }
        return parts
    }

    private mutating func call(_ name: String, _ arguments: String) -> Response.Part {
        Response.Part(
            item: nextID("item"),
            content: .function(name: name, call: nextID("call"), arguments: arguments))
    }
}
