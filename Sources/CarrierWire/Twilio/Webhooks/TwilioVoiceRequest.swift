public import Wording

/// A call comes in, or one that we dialled was answered: TwiML is wanted.
public struct TwilioVoiceRequest: Hashable, Sendable {
    public let call: TwilioCallParameters
    public let forwardedFrom: PhoneNumber?
    /// Everything that came, unknown parameters included; so with the others.
    public let form: WebForm

    public init(_ form: WebForm) throws(CarrierError) {
        call = try TwilioCallParameters(form)
        forwardedFrom = form.party("ForwardedFrom")
        self.form = form
    }
}
