public import CallCore

extension TwiML {
    /// What a caller gets once the bridge is gone. When nothing is left to do the call ends.
    ///
    /// - Parameter afterDial: Asked how to go on when a transfer is over.
    public init(_ steps: [CallerStep], afterDial: TwilioCallback? = nil) {
        verbs = steps.map { step in
            switch step {
            case .say(let text, let language): .say(text, language: language)
            case .transfer(let number, let callerID):
                .dial(TwiMLDial(number: number, callerID: callerID, action: afterDial))
            case .hangUp: .hangup
            }
        }
        // Spelled out, so that nobody has to know what an empty answer does.
        if verbs.isEmpty { verbs = [.hangup] }
    }
}
