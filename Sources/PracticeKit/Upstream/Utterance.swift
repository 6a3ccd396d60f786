/// One thing that the agent says: what is heard, and the words that go with it.
struct Utterance {
    /// In the format of the wire.
    let bytes: [UInt8]
    let words: [String]
    /// Of a tone or a voice; nil for other sounds.
    let pitch: Double?

    private static let greeting = "Hello, this is the practice agent. How can I help you today?"
    private static let farewell = "Thank you for calling. Goodbye."
    private static let replies = [
        "Yes, that is quite possible. Would the morning or the afternoon suit you better?",
        "Very well, I have noted it down. Is there anything else that I can do?",
        "I see. Let me think about that for a moment, then I can tell you more.",
        "Of course. It takes a little while, but it is no trouble at all.",
    ]
    private static let callers = [
        "Hello, can you hear me?", "I would like to make an appointment.", "The afternoon would be better.",
        "No, that is all. Thank you.",
    ]

    /// What the caller is taken to have said: a practice agent hears tones.
    static func callerWords(turn: Int) -> [String] {
        words(callers[turn % callers.count])
    }

    static func words(_ text: String) -> [String] {
        text.split(separator: " ").map(String.init)
    }

    enum Occasion: Hashable {
        case greeting
        case reply(turn: Int)
        case farewell
    }

    /// The words for an occasion. Instructions for one response that quote something are followed to the letter.
    static func words(for occasion: Occasion, instructions: String?) -> [String] {
        if let instructions, let first = instructions.firstIndex(of: "\""), let last = instructions.lastIndex(of: "\""),
            first < last
        {
            let quoted = words(String(instructions[instructions.index(after: first)..<last]))
            if !quoted.isEmpty { return quoted }
        }
        return switch occasion {
        case .greeting: words(greeting)
        case .reply(let turn): words(replies[turn % replies.count])
        case .farewell: words(farewell)
        }
    }
}
