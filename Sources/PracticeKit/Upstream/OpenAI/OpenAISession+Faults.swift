/// How this protocol fails.
extension OpenAISession {
    mutating func takeUp(_ fault: Fault) {
        if case .openAI(.failedResponse) = fault { failuresLeft = 1 }
    }

    mutating func reject(_ rejection: PracticeSession.Rejection) {
        let (code, message, close): (String, String, UInt16) =
            switch rejection {
            case .invalidKey, .expired, .unsigned: ("invalid_api_key", "Incorrect API key provided.", 3_000)
            case .modelNotFound:
                (
                    "model_not_found", "The model '\(model)' does not exist or you do not have access to it.", 4_004
                )
            case .missingModel: ("missing_model", "You must provide a model parameter.", 4_000)
            case .betaHeader:
                (
                    "beta_api_shape_disabled",
                    "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API.", 4_000
                )
            }
        let error = VendorError(code: code, message: message)
        refuse(error)
        agent.end(.close(code: close, reason: "\(error.type).\(code)"))
    }

    mutating func expire() {
        let reason = "Your session hit the maximum duration of 60 minutes."
        refuse(VendorError(code: "session_expired", message: reason))
        agent.end(.close(code: 1_001, reason: reason))
    }

    mutating func runOutOfQuota() {
        isOutOfQuota = true
        refuse(Self.noQuota)
        for response in responses { fail(response.id, with: Self.noQuota) }
    }

    /// The protocol has no such errors; the faults that ask for one are not its.
    mutating func fail(withErrorType type: String) {}

    static let noQuota = VendorError(
        type: "insufficient_quota", code: "insufficient_quota",
        message: "You exceeded your current quota, please check your plan and billing details.")
}
