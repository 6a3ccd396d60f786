internal import JSONWire
internal import Timeline

/// What the client says.
extension OpenAISession {
    static let messageLimit = 16 << 20

    private static let names = [
        "session.update", "input_audio_buffer.append", "input_audio_buffer.commit", "input_audio_buffer.clear",
        "conversation.item.create", "conversation.item.retrieve", "conversation.item.truncate",
        "conversation.item.delete", "response.create", "response.cancel", "output_audio_buffer.clear",
    ]

    mutating func take(_ text: Span<UInt8>) {
        if let frame = Self.plainAppend.bytes(of: text) { return append(frame) }
        guard let object = try? JSONObject(parsing: text, limits: JSONValue.Limits(bytes: Self.messageLimit)) else {
            refuse(VendorError(code: "invalid_event", message: "The event could not be parsed as a JSON object."))
            return
        }
        var eventID: String?
        do throws(VendorError) {
            let event = ParameterObject(path: "", object: object)
            eventID = try event.present("event_id")?.string()
            if let eventID, eventID.utf8.count > 512 {
                throw .invalid("event_id", "Invalid 'event_id': string too long. Expected at most 512 characters.")
            }
            try follow(try event.required("type").string(of: Self.names), event, eventID)
        } catch {
            refuse(error, answering: eventID)
        }
    }

    private mutating func follow(_ type: String, _ event: ParameterObject, _ eventID: String?) throws(VendorError) {
        func only(_ names: [String]) throws(VendorError) {
            for member in event.object.members where !(["type", "event_id"] + names).contains(member.name) {
                throw .unknown(member.name)
            }
        }
        switch type {
        case "session.update":
            try only(["session"])
            try update(try event.required("session"))
        case "input_audio_buffer.append":
            try only(["audio"])
            try append(try event.required("audio"))
        case "input_audio_buffer.commit":
            try only([])
            try commitByHand()
        case "input_audio_buffer.clear":
            try only([])
            clearBuffer()
        case "conversation.item.create":
            try only(["item", "previous_item_id"])
            try createItem(try event.required("item"), behind: event.present("previous_item_id")?.string())
        case "conversation.item.retrieve":
            try only(["item_id"])
            let item = try existing(try event.required("item_id").string(), verb: "retrieve", "retrieving")
            emit("conversation.item.retrieved", ["item": item.json])
        case "conversation.item.truncate":
            try only(["item_id", "content_index", "audio_end_ms"])
            try truncate(event)
        case "conversation.item.delete":
            try only(["item_id"])
            let item = try existing(try event.required("item_id").string(), verb: "delete", "deleting")
            conversation[item.id] = nil
            agent.report(.deleted(item: item.id))
            emit("conversation.item.deleted", ["item_id": .string(item.id)])
        case "response.create":
            try only(["response"])
            try createResponse(event.present("response"))
        case "response.cancel":
            try only(["response_id"])
            try cancel(event.present("response_id")?.string())
        default:
            throw .invalid("type", "output_audio_buffer.clear is only available with WebRTC and SIP sessions.")
        }
    }

    // MARK: the session

    var sessionJSON: JSONValue {
        configuration.json(
            id: "sess_practice\(agent.connection)", model: model,
            expiresAt: epoch + Int64(Self.longest.inSeconds))
    }

    private mutating func update(_ parameter: Parameter) throws(VendorError) {
        var updated = configuration
        try updated.update(parameter, model: model, hasSpoken: hasSpoken)
        if updated.instructions != configuration.instructions { takeWishes(in: updated.instructions) }
        if let format = agent.settings.openAIFormat { (updated.inputAudio, updated.outputAudio) = (format, format) }
        if updated.inputAudio != configuration.inputAudio { agent.caller.change(rate: updated.inputAudio.rate) }
        if updated.inputAudio != configuration.inputAudio || updated.turnDetection != configuration.turnDetection {
            listen(by: updated.turnDetection)
        }
        configuration = updated
        if agent.misbehaves(.openAI(.wrongEcho)) { configuration.outputAudio = updated.outputAudio.mistakenByOpenAI }
        agent.report(
            .configured(
                input: configuration.inputAudio.openAIName, output: configuration.outputAudio.openAIName,
                detection: configuration.turnDetection?.kind.rawValue, tools: configuration.toolNames))
        guard !agent.misbehaves(.openAI(.noUpdate)) else { return }
        emit("session.updated", ["session": sessionJSON])
        reach(.configured)
    }

    // MARK: the conversation

    private func existing(_ id: String, verb: String, _ gerund: String) throws(VendorError) -> Conversation.Item {
        guard let item = conversation[id] else {
            throw VendorError(
                code: "item_\(verb)_invalid_item_id",
                message: "Error \(gerund) item: the item with id '\(id)' does not exist.", param: "item_id")
        }
        return item
    }

    private mutating func truncate(_ event: ParameterObject) throws(VendorError) {
        let id = try event.required("item_id").string()
        let index = try event.required("content_index").integer(in: 0 ... .max)
        let end = Int(try event.required("audio_end_ms").integer(in: 0...86_400_000))
        var item = try existing(id, verb: "truncate", "truncating")
        guard let made = item.audioMilliseconds, index == 0 else {
            throw VendorError(code: "invalid_value", message: "Only model output audio messages can be truncated")
        }
        guard end <= made else {
            throw VendorError(
                code: "invalid_value", message: "Audio content of \(made)ms is already shorter than \(end)ms")
        }
        item.audioMilliseconds = end
        item.members = Self.messageMembers(role: "assistant", content: [["type": "output_audio", "transcript": ""]])
        conversation[id] = item
        agent.totals.truncations += 1
        agent.report(.truncated(item: id, audioEndMilliseconds: end, generatedMilliseconds: made))
        emit(
            "conversation.item.truncated",
            ["item_id": .string(id), "content_index": 0, "audio_end_ms": .integer(end)])
    }

    static func messageMembers(role: String, content: [JSONValue]) -> [JSONObject.Member] {
        [
            JSONObject.Member(name: "role", value: .string(role)),
            JSONObject.Member(name: "content", value: .array(content)),
        ]
    }

    /// Says that an item is in the conversation: at its place, and then that nothing more of it will come.
    mutating func announce(_ id: String, done: Bool) {
        guard let item = conversation[id] else { return }
        emit(
            done ? "conversation.item.done" : "conversation.item.added",
            ["previous_item_id": .optional(conversation.idBefore(id)), "item": item.json])
    }
}
