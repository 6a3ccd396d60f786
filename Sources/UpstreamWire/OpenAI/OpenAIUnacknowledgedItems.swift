/// What we added to the conversation and the server has not said that it has. A response that the server creates by
/// itself cannot answer these.
struct OpenAIUnacknowledgedItems {
    private var texts = 0
    private var toolOutputs: Set<String> = []

    var isEmpty: Bool { texts == 0 && toolOutputs.isEmpty }

    mutating func insert(_ item: OpenAINewItem) {
        switch item {
        case .message(.caller, _), .message(.system, _): texts += 1
        case .message(.agent, _): break
        case .toolOutput(let callID, _): toolOutputs.insert(callID)
        }
    }

    mutating func remove(_ item: OpenAIItem) {
        if let callID = item.callID, item.type == "function_call_output" { toolOutputs.remove(callID) }
        if item.isText { texts = max(0, texts - 1) }
    }
}
