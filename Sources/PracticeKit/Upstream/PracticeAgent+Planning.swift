/// What the agent is going to say or do.
extension PracticeAgent {
    var occasion: Utterance.Occasion {
        if isSayingFarewell { return .farewell }
        return turn <= 1 ? .greeting : .reply(turn: turn - 2)
    }

    /// What is said on this occasion: one thing after the other, mostly one.
    mutating func utterances(_ words: [String], in audio: WireAudio) -> [Utterance] {
        let length = burst ?? (occasion == .greeting ? settings.greeting : settings.reply)
        let pitch = settings.pitches[spoken % settings.pitches.count]
        spoken += 1
        let first = utterance(words, pitch: pitch, for: length, in: audio)
        guard misbehaves(.twoItems) else { return [first] }
        // A fifth above, or below where a telephone could not carry it.
        let second = pitch * 1.5 < 3_400 ? pitch * 1.5 : pitch / 1.5
        return [first, utterance(words, pitch: second, for: length, in: audio)]
    }

    private mutating func utterance(
        _ words: [String], pitch: Double, for length: Duration, in audio: WireAudio
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

    /// The tools that this turn calls; each is called once.
    mutating func dueToolCalls() -> [PracticeSettings.ToolCall] {
        settings.tools.filter { $0.turn == turn && calledTools.insert($0).inserted }
    }

    /// The caller has had all the turns that were allowed, and was not told goodbye yet.
    var mustSayFarewell: Bool {
        guard let last = settings.endCallAfter else { return false }
        return turn > last && !isSayingFarewell
    }
}
