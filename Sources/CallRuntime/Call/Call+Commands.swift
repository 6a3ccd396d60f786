internal import CallCore
internal import UpstreamWire
internal import Wording

// What somebody outside wants of a call that is up.
extension Call {
    /// The caller goes to somebody else, and the call is over for the agent. False: it is not up, or about to end.
    func transfer(to number: PhoneNumber, callerID: PhoneNumber?) -> Bool {
        guard machine.isTalking else { return false }
        note(.transferStarted, by: "carrier")
        hangUp(.transferred, saying: [.transfer(to: number, callerID: callerID)])
        return true
    }

    /// False: the agent is not on the line.
    func say(_ text: String) -> Bool {
        guard machine.isTalking, line.isUpstreamOpen else { return false }
        take(line.perform(.message(.system, text, answered: true)))
        rearm()
        return true
    }
}
