internal import JSONWire
internal import Timeline

/// How a response goes out: piece by piece, each at its time.
extension OpenAISession {
    /// Sends all that is due.
    mutating func respond() {
        while !agent.hasEnded, let place = responses.firstIndex(where: { $0.due <= agent.now }) {
            var response = responses[place]
            if response.failure != nil {
                finish(response.id, status: "failed", reason: nil)
            } else if response.isDone {
                finish(response.id, status: "completed", reason: nil)
            } else {
                let id = response.id
                step(&response)
                // A fault may have ended it meanwhile.
                guard let place = responses.firstIndex(where: { $0.id == id }) else { continue }
                responses[place] = response
                if response.place > 0, response.parts[response.place - 1].isCut {
                    finish(id, status: "incomplete", reason: "max_output_tokens")
                }
            }
        }
    }

    /// The next bit of the part that is being said.
    private mutating func step(_ response: inout Response) {
        if !response.parts[response.place].isOpen { open(&response) }
        switch response.parts[response.place].content {
        case .function(let name, let call, let arguments):
            sayCall(name, call, arguments, &response)
            close(&response, status: "completed")
        case .text(let words):
            while response.parts[response.place].sentWords < words.count { sayWord(words, &response) }
            close(&response, status: "completed")
        case .speech(let bytes, let audio, let words):
            sayPiece(bytes, audio, words, &response)
            let part = response.parts[response.place]
            if part.sentBytes >= bytes.count { close(&response, status: part.isCut ? "incomplete" : "completed") }
        }
    }

    private mutating func open(_ response: inout Response) {
        response.parts[response.place].isOpen = true
        let part = response.parts[response.place]
        let item: Conversation.Item
        switch part.content {
        case .function(let name, let call, _):
            item = Conversation.Item(
                id: part.item, kind: .functionCall(id: call), status: "in_progress",
                members: Self.functionMembers(name: name, call: call, arguments: ""))
        case .speech, .text:
            item = Conversation.Item(
                id: part.item, kind: .message(role: "assistant"), status: "in_progress",
                members: Self.messageMembers(role: "assistant", content: []))
        }
        emit(
            "response.output_item.added",
            ["response_id": .string(response.id), "output_index": .integer(response.place), "item": item.json])
        if response.request.isInConversation {
            conversation.append(item)
            announce(item.id, done: false)
        }
        switch part.content {
        case .function: return
        case .speech: say("response.content_part.added", response, ["part": ["type": "audio", "transcript": ""]])
        case .text: say("response.content_part.added", response, ["part": ["type": "text", "text": ""]])
        }
    }

    /// An event about the part that is being said.
    private mutating func say(
        _ type: String, _ response: Response, _ members: KeyValuePairs<String, JSONValue> = [:]
    ) {
        emit(
            type,
            members: [
                ("response_id", .string(response.id)), ("item_id", .string(response.parts[response.place].item)),
                ("output_index", .integer(response.place)), ("content_index", 0),
            ] + members.map { ($0.key, $0.value) })
    }

    private mutating func sayPiece(
        _ bytes: [UInt8], _ audio: WireAudio, _ words: [String], _ response: inout Response
    ) {
        let start = response.parts[response.place].sentBytes
        let length = response.nextPiece(of: audio, isOdd: agent.misbehaves(.oddDeltas))
        let end = min(start + length, bytes.count)
        response.parts[response.place].sentBytes = end
        // The words run ahead of the audio, and are all out when it is.
        while response.parts[response.place].sentWords * bytes.count < words.count * end { sayWord(words, &response) }
        say("response.output_audio.delta", response, ["delta": .string(Base64.encode(bytes[start..<end]))])
        agent.say(bytes[start..<end], as: audio)
        hasSpoken = true
        conversation[response.parts[response.place].item]?.audioMilliseconds =
            response.parts[response.place].audioMilliseconds
        if agent.burst == nil, agent.settings.pace > 0 {
            response.due = response.due.advanced(by: audio.duration(ofBytes: end - start) / agent.settings.pace)
        }
        guard start == 0, response.place == 0 else { return }
        reach(agent.turn <= 1 ? .greeting : .reply)
    }

    private mutating func sayWord(_ words: [String], _ response: inout Response) {
        let place = response.parts[response.place].sentWords
        response.parts[response.place].sentWords += 1
        let type =
            switch response.parts[response.place].content {
            case .text: "response.output_text.delta"
            case .speech, .function: "response.output_audio_transcript.delta"
            }
        say(type, response, ["delta": .string(place == 0 ? words[place] : " \(words[place])")])
    }

    private mutating func sayCall(_ name: String, _ call: String, _ arguments: String, _ response: inout Response) {
        agent.report(.toolCalled(name: name, call: call, arguments: arguments))
        var about: [(String, JSONValue)] = [
            ("response_id", .string(response.id)), ("item_id", .string(response.parts[response.place].item)),
            ("output_index", .integer(response.place)), ("call_id", .string(call)),
        ]
        let half = arguments.index(arguments.startIndex, offsetBy: arguments.count / 2)
        for delta in [arguments[..<half], arguments[half...]] where !delta.isEmpty {
            emit("response.function_call_arguments.delta", members: about + [("delta", .string(String(delta)))])
        }
        about += [("name", .string(name)), ("arguments", .string(arguments))]
        for _ in 0..<(agent.misbehaves(.doubleTool) ? 2 : 1) {
            emit("response.function_call_arguments.done", members: about)
        }
    }

    // MARK: ends

    /// Ends the part that is being said, as far as it got.
    private mutating func close(_ response: inout Response, status: String) {
        let part = response.parts[response.place]
        var item = finished(part, status: status)
        switch part.content {
        case .function: break
        case .speech:
            let content: JSONValue = ["type": "audio", "transcript": .string(part.transcript)]
            say("response.output_audio.done", response)
            say("response.output_audio_transcript.done", response, ["transcript": .string(part.transcript)])
            say("response.content_part.done", response, ["part": content])
        case .text:
            say("response.output_text.done", response, ["text": .string(part.transcript)])
            say(
                "response.content_part.done", response, ["part": ["type": "text", "text": .string(part.transcript)]])
        }
        for _ in 0..<(agent.misbehaves(.doubleTool) && item.isFunctionCall ? 2 : 1) {
            emit(
                "response.output_item.done",
                ["response_id": .string(response.id), "output_index": .integer(response.place), "item": item.json])
        }
        if let known = conversation[part.item] {
            item.audioMilliseconds = known.audioMilliseconds
            conversation[part.item] = item
            announce(part.item, done: true)
        }
        response.output.append(item.json)
        response.place += 1
        if item.isFunctionCall { reach(.tool) }
    }

    private func finished(_ part: Response.Part, status: String) -> Conversation.Item {
        switch part.content {
        case .function(let name, let call, let arguments):
            Conversation.Item(
                id: part.item, kind: .functionCall(id: call), status: status,
                members: Self.functionMembers(name: name, call: call, arguments: arguments))
        case .speech:
            Conversation.Item(
                id: part.item, kind: .message(role: "assistant"), status: status,
                members: Self.messageMembers(
                    role: "assistant", content: [["type": "output_audio", "transcript": .string(part.transcript)]]))
        case .text:
            Conversation.Item(
                id: part.item, kind: .message(role: "assistant"), status: status,
                members: Self.messageMembers(
                    role: "assistant", content: [["type": "output_text", "text": .string(part.transcript)]]))
        }
    }

    /// The end of a response, whatever came before.
    mutating func finish(_ id: String, status: String, reason: String?) {
        guard let place = responses.firstIndex(where: { $0.id == id }) else { return }
        var response = responses.remove(at: place)
        if !response.isDone, response.parts[response.place].isOpen { close(&response, status: "incomplete") }
        agent.report(
            .responseEnded(
                response: id, status: status, reason: response.failure?.code ?? reason,
                audioMilliseconds: response.audioMilliseconds))
        emit("response.done", ["response": json(of: response, status: status, reason: reason)])
        guard response.request.isInConversation, !agent.hasEnded else { return }
        if status == "completed" { reach(agent.turn <= 1 ? .afterGreeting : .afterReply) }
        awaitCaller(after: response)
    }

    /// The caller's time to say something runs from the end of what was said, as it is heard.
    private mutating func awaitCaller(after response: Response) {
        guard let timeout = configuration.turnDetection?.idleTimeout else { return }
        idleGeneration += 1
        plan(
            .idle(generation: idleGeneration),
            after: .milliseconds(response.audioMilliseconds + timeout))
    }
}

extension Conversation.Item {
    fileprivate var isFunctionCall: Bool {
        switch kind {
        case .functionCall: true
        case .message, .functionCallOutput: false
        }
    }
}
