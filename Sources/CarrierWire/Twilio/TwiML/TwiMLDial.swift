public import Wording

/// `<Dial>`: the caller is put through to a person.
public struct TwiMLDial: Hashable, Sendable {
    public var number: PhoneNumber
    public var callerID: PhoneNumber?
    public var ringSeconds: Int?
    public var limitSeconds: Int?
    /// Asked when the transfer is over. Without it, and without a verb behind, the caller is cut off.
    public var action: TwilioCallback?
    /// Told how the other leg fares.
    public var statusCallback: TwilioCallback?

    public init(
        number: PhoneNumber, callerID: PhoneNumber? = nil, ringSeconds: Int? = nil, limitSeconds: Int? = nil,
        action: TwilioCallback? = nil, statusCallback: TwilioCallback? = nil
    ) {
        self.number = number
        self.callerID = callerID
        self.ringSeconds = ringSeconds
        self.limitSeconds = limitSeconds
        self.action = action
        self.statusCallback = statusCallback
    }

    func write(to xml: inout XMLWriter) {
        let attributes = [
            // Until the person answers the caller hears it ring.
            ("answerOnBridge", "true"), ("callerId", callerID?.unmasked), ("timeout", ringSeconds.map { String($0) }),
            ("timeLimit", limitSeconds.map { String($0) }), ("action", action?.text),
            ("method", action.map { _ in "POST" }),
        ]
        xml.element("Dial", attributes) {
            let callback = [
                ("statusCallback", statusCallback?.text),
                ("statusCallbackEvent", statusCallback.map { _ in TwilioCallback.callEvents.joined(separator: " ") }),
                ("statusCallbackMethod", statusCallback.map { _ in "POST" }),
            ]
            $0.element("Number", callback, text: number.unmasked)
        }
    }
}
