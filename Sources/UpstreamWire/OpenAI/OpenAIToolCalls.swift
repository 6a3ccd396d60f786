/// The functions that the model called: each is run once and answered once.
struct OpenAIToolCalls {
    /// Finished in a response that is still going on.
    private var collected: [(responseID: String?, call: UpstreamToolCall)] = []
    private var known: [String] = []
    private var open: Set<String> = []

    /// How many calls are remembered, so that one that is told twice does not run twice.
    private static let memory = 256

    mutating func collect(_ call: UpstreamToolCall, responseID: String?) {
        guard collected.count < Self.memory else { return }
        collected.append((responseID, call))
    }

    /// The new calls of a response that has ended.
    mutating func take(from response: OpenAIResponse) -> [UpstreamToolCall] {
        let earlier = collected.filter { $0.responseID == nil || $0.responseID == response.id }.map(\.call)
        collected.removeAll { $0.responseID == nil || $0.responseID == response.id }
        var calls: [UpstreamToolCall] = []
        for call in earlier + response.output.compactMap(\.completedCall) where !known.contains(call.id) {
            known.append(call.id)
            calls.append(call)
        }
        known.removeFirst(max(0, known.count - Self.memory))
        return calls
    }

    mutating func opened(_ call: UpstreamToolCall) {
        open.insert(call.id)
    }

    /// False for a call that is not open.
    mutating func answer(_ id: String) -> Bool {
        open.remove(id) != nil
    }

    /// No call waits for its answer.
    var areAllAnswered: Bool { open.isEmpty }
}
