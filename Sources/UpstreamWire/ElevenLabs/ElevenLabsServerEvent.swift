/// What the server says, read whole.
public enum ElevenLabsServerEvent: Hashable, Sendable {
    case metadata(ElevenLabsMetadata)
    case audio(eventID: Int?, base64: String)
    case interruption(eventID: Int)
    case ping(eventID: Int)
    case callerText(eventID: Int?, String, isFinal: Bool)
    /// All of an answer, told when its first audio is sent.
    case agentText(eventID: Int?, String)
    /// What was really said of an answer that the caller interrupted.
    case agentCorrection(eventID: Int?, original: String, corrected: String)
    /// No more of an answer will come.
    case answerComplete
    case toolCall(UpstreamToolCall)
    /// A tool that the vendor runs itself has run.
    case vendorTool(name: String, isError: Bool)
    /// A tool of a third party may run only with our consent.
    case toolApprovalAsked(callID: String, name: String)
    case queue(ElevenLabsQueue)
    case error(ElevenLabsError)
    case guardrail(name: String)
    /// Known, and nothing to a phone call.
    case irrelevant(type: String)
    case unknown(type: String)
}

/// What a conversation settled on.
public struct ElevenLabsMetadata: Hashable, Sendable {
    public let conversationID: String?
    /// As the server names them.
    public let agentOutput: String?
    public let userInput: String?
}

/// How it stands with a caller who waits for room in the account's limit.
public enum ElevenLabsQueue: Hashable, Sendable {
    case waiting
    case admitted
    case timedOut
    case other(String)
}
