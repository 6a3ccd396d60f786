public import CallCore
public import Wording

/// What every webhook about a call says of it.
public struct TwilioCallParameters: Hashable, Sendable {
    public let call: String
    public let account: String?
    public let from: PhoneNumber?
    public let to: PhoneNumber?
    public let direction: CallDirection?
    /// Nil for a status that we do not know; the word itself is in the form.
    public let status: CallStatus?
    /// Set on a leg that was dialled out of another call.
    public let parentCall: String?

    init(_ form: WebForm) throws(CarrierError) {
        call = try form.identifier("CallSid")
        account = try form.optionalIdentifier("AccountSid")
        from = form.party("From")
        to = form.party("To")
        direction = form.text("Direction").flatMap(CallDirection.init(twilio:))
        status = form.status("CallStatus")
        parentCall = try form.optionalIdentifier("ParentCallSid")
    }
}

extension CallDirection {
    /// Twilio tells calls made by its API from legs that a call dialled.
    init?(twilio word: String) {
        switch word {
        case "inbound": self = .inbound
        case "outbound", "outbound-api", "outbound-dial", "trunking-terminating": self = .outbound
        case "trunking-originating": self = .inbound
        default: return nil
        }
    }
}
