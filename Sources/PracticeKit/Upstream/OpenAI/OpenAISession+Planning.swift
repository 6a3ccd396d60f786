internal import JSONWire

/// What the agent is going to say or do.
extension OpenAISession {
    /// The parts of one response, and the pitches that its audio will have.
    mutating func plannedParts(
        _ request: Response.Request, _ modality: String
    ) -> (parts: [Response.Part], pitches: [Double]) {
        if request.isInConversation, mayCallTools(request) {
            let calls = dueToolCalls()
            if !calls.isEmpty { return (calls, []) }
        }
        guard agent.settings.mode != .silent else { return ([], []) }
        let words = Utterance.words(for: agent.occasion, instructions: request.instructions)
        guard modality == "audio" else {
            return ([Response.Part(item: agent.nextID("item"), content: .text(words: words))], [])
        }
        let promised = request.audio ?? configuration.outputAudio
        let audio = agent.misbehaves(.wrongFormat) ? promised.mistakenByOpenAI : promised
        let utterances = agent.utterances(words, in: audio)
        let limit = request.maximumOutputTokens ?? configuration.maximumOutputTokens
        let parts = utterances.map { utterance in
            part(saying: utterance, in: audio, limit: limit)
        }
        return (parts, utterances.compactMap(\.pitch))
    }

    /// One token of audio lasts 50 ms.
    private mutating func part(saying utterance: Utterance, in audio: WireAudio, limit: Int?) -> Response.Part {
        let most = limit.map { $0 * audio.rate / 20 * audio.bytesPerSample } ?? .max
        let isCut = utterance.bytes.count > most
        return Response.Part(
            item: agent.nextID("item"),
            content: .speech(
                bytes: isCut ? Array(utterance.bytes.prefix(most)) : utterance.bytes, audio: audio,
                words: utterance.words),
            isCut: isCut)
    }

    // MARK: tools

    private func mayCallTools(_ request: Response.Request) -> Bool {
        (request.toolChoice ?? configuration.passing["tool_choice"]) != "none"
    }

    /// The calls of this turn; each is made once.
    private mutating func dueToolCalls() -> [Response.Part] {
        var parts: [Response.Part] = []
        for tool in agent.dueToolCalls() { parts.append(call(tool.name, tool.arguments)) }
        if parts.isEmpty, agent.mustSayFarewell, configuration.toolNames.contains("end_call") {
            agent.isSayingFarewell = true
            parts.append(call("end_call", #"{"reason":"The caller has all that was asked for."}"#))
        }
        return parts
    }

    private mutating func call(_ name: String, _ arguments: String) -> Response.Part {
        Response.Part(
            item: agent.nextID("item"),
            content: .function(name: name, call: agent.nextID("call"), arguments: arguments))
    }
}
