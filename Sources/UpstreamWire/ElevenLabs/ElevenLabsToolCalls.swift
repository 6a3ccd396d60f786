/// The functions that the agent called here: each is run once and answered once.
struct ElevenLabsToolCalls {
    /// How many calls are remembered, so that one that is told twice does not run twice.
    private static let memory = 256

    private var known: [String] = []
    private var open: Set<String> = []

    /// False for a call that is known already.
    mutating func begin(_ id: String) -> Bool {
        guard !known.contains(id) else { return false }
        known.append(id)
        known.removeFirst(max(0, known.count - Self.memory))
        open.insert(id)
        return true
    }

    /// False for a call that is not open.
    mutating func answer(_ id: String) -> Bool {
        open.remove(id) != nil
    }
}
