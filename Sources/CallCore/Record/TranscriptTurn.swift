public import JSONWire

/// Something that one side said; times count from the call's answer.
public struct TranscriptTurn: Hashable, Sendable {
    public enum Speaker: String, Hashable, Sendable {
        case caller
        case agent
    }

    public var speaker: Speaker
    public var text: String
    public var startMilliseconds: Int
    public var endMilliseconds: Int
    public var wasInterrupted: Bool
    /// From the caller's last word to the agent's first; nil for the caller's turns and where nobody spoke before.
    public var responseMilliseconds: Int?

    public init(
        speaker: Speaker, text: String, startMilliseconds: Int, endMilliseconds: Int, wasInterrupted: Bool = false,
        responseMilliseconds: Int? = nil
    ) {
        self.speaker = speaker
        self.text = text
        self.startMilliseconds = startMilliseconds
        self.endMilliseconds = endMilliseconds
        self.wasInterrupted = wasInterrupted
        self.responseMilliseconds = responseMilliseconds
    }

    public var json: JSONObject {
        .building { json in
            json.add("speaker", .string(speaker.rawValue))
            json.add("text", .string(text))
            json.add("start_ms", .integer(startMilliseconds))
            json.add("end_ms", .integer(endMilliseconds))
            json.add("interrupted", .bool(wasInterrupted))
            json.addOrNull("response_ms", responseMilliseconds.map { .integer($0) })
        }
    }
}
