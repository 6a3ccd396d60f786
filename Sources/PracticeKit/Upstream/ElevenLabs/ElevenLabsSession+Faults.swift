internal import JSONWire

/// How this protocol fails.
extension ElevenLabsSession {
    /// None of them needs to be armed.
    mutating func takeUp(_ fault: Fault) {}

    mutating func reject(_ rejection: PracticeSession.Rejection) {
        let reason =
            switch rejection {
            case .invalidKey: "Could not authorize: the conversation signature is not valid."
            case .modelNotFound: "The AI agent you are trying to reach does not exist."
            case .missingModel: "Missing required field 'agent_id'."
            case .expired: "Could not authorize: the signed URL has expired."
            case .unsigned, .betaHeader: "Could not authorize: this agent needs a signed URL."
            }
        agent.report(.error(code: nil, message: reason))
        agent.end(.close(code: 1_008, reason: reason))
    }

    /// An error event, and the close that belongs to it.
    mutating func fail(_ error: ElevenLabsError) {
        guard !agent.hasEnded else { return }
        agent.report(.error(code: error.type, message: error.message))
        agent.post(error.event)
        agent.end(error.closing)
    }

    mutating func fail(withErrorType type: String) {
        fail(ElevenLabsError(type: type, message: "The practice agent was asked to fail: \(type)."))
    }

    /// The cap is an ordinary end, and only the reason tells it from others.
    mutating func expire() {
        agent.end(.close(code: 1_000, reason: "Conversation has exceeded maximum duration"))
    }

    /// The flat form of an error, as the service sent it in such a case.
    mutating func runOutOfQuota() {
        let reason = "This request exceeds your quota limit."
        agent.report(.error(code: "quota", message: reason))
        agent.post([
            "type": "error",
            "message": .string("received 1002 (protocol error) \(reason); then sent 1002 (protocol error) \(reason)"),
        ])
        agent.end(.close(code: 1_002, reason: reason))
    }
}
