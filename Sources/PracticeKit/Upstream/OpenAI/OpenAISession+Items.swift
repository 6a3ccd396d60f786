internal import JSONWire

/// Items that the client puts into the conversation.
extension OpenAISession {
    mutating func createItem(_ parameter: Parameter, behind previous: String?) throws(VendorError) {
        let item = try newItem(parameter)
        guard conversation[item.id] == nil else {
            throw VendorError(
                code: "item_create_duplicate_item_id",
                message: "Error adding item: an item with id '\(item.id)' already exists.", param: "item.id")
        }
        if let previous, previous != conversation.lastID {
            guard conversation.insert(item, behind: previous) else {
                throw VendorError(
                    code: "item_create_invalid_previous_item_id",
                    message: "Error adding item: the previous item with id '\(previous)' does not exist.",
                    param: "previous_item_id")
            }
        } else {
            conversation.append(item)
        }
        announce(item.id, done: false)
        announce(item.id, done: true)
    }

    private mutating func newItem(_ parameter: Parameter) throws(VendorError) -> Conversation.Item {
        guard case .object(let object) = parameter.value else {
            throw .wrongType(parameter.path, expected: "an object", found: parameter.value.kind)
        }
        let members = ParameterObject(path: parameter.path, object: object)
        let id = try members.present("id")?.string() ?? agent.nextID("item")
        switch try members.required("type").string(of: ["message", "function_call", "function_call_output"]) {
        case "message": return try newMessage(parameter, id: id)
        case "function_call": return try newFunctionCall(parameter, id: id)
        default: return try newFunctionCallOutput(parameter, id: id)
        }
    }

    private mutating func newMessage(_ parameter: Parameter, id: String) throws(VendorError) -> Conversation.Item {
        let message = try parameter.object(of: ["id", "object", "type", "status", "role", "content"])
        let role = try message.required("role").string(of: ["system", "user", "assistant"])
        let supported =
            switch role {
            case "user": ["input_text", "input_audio"]
            case "system": ["input_text"]
            default: ["output_text"]
            }
        var texts: [String] = []
        let content = try message.required("content").array()
        for part in content {
            let members = try part.object(of: ["type", "text", "audio", "transcript"])
            guard try members.required("type").string(of: supported) != "input_audio" else { continue }
            texts.append(try members.required("text").string())
        }
        let text = texts.joined(separator: " ")
        agent.report(.message(role: role, text: text))
        if role != "assistant" { takeWishes(inMessage: text) }
        return Conversation.Item(
            id: id, kind: .message(role: role), status: "completed",
            members: Self.messageMembers(role: role, content: content.map(\.value)))
    }

    private func newFunctionCall(_ parameter: Parameter, id: String) throws(VendorError) -> Conversation.Item {
        let call = try parameter.object(of: ["id", "object", "type", "status", "name", "call_id", "arguments"])
        let name = try call.required("name").string()
        let callID = try call.present("call_id")?.string() ?? "call_\(id)"
        return Conversation.Item(
            id: id, kind: .functionCall(id: callID), status: "completed",
            members: Self.functionMembers(
                name: name, call: callID, arguments: try call.required("arguments").string()))
    }

    private mutating func newFunctionCallOutput(
        _ parameter: Parameter, id: String
    ) throws(VendorError) -> Conversation.Item {
        let answer = try parameter.object(of: ["id", "object", "type", "status", "call_id", "output"])
        let call = try answer.required("call_id").string()
        let output = try answer.required("output").string()
        guard conversation.hasFunctionCall(call) else {
            throw VendorError(
                code: "item_create_invalid_call_id", message: "Tool call ID '\(call)' not found in conversation.",
                param: answer["call_id"]?.path)
        }
        agent.hasAnswer = true
        agent.report(.toolAnswered(call: call, output: output, isError: false))
        return Conversation.Item(
            id: id, kind: .functionCallOutput, status: "completed",
            members: [
                JSONObject.Member(name: "call_id", value: .string(call)),
                JSONObject.Member(name: "output", value: .string(output)),
            ])
    }

    static func functionMembers(name: String, call: String, arguments: String) -> [JSONObject.Member] {
        [
            JSONObject.Member(name: "name", value: .string(name)),
            JSONObject.Member(name: "call_id", value: .string(call)),
            JSONObject.Member(name: "arguments", value: .string(arguments)),
        ]
    }
}
