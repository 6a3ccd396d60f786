/// `<Connect>` or `<Dial>` ended: TwiML for what follows is wanted.
public struct TwilioConnectEnded: Hashable, Sendable {
    /// How a transfer went.
    public struct Dial: Hashable, Sendable {
        public enum Outcome: String, Hashable, Sendable {
            case completed
            case answered
            case busy
            case noAnswer = "no-answer"
            case failed
            case canceled
        }

        /// Nil for a word that we do not know. `completed` may have been a voicemail.
        public let outcome: Outcome?
        public let call: String?
        public let duration: Duration?
    }

    public let call: TwilioCallParameters
    /// Nil where no `<Dial>` ended.
    public let dial: Dial?
    public let form: WebForm

    public init(_ form: WebForm) throws(CarrierError) {
        call = try TwilioCallParameters(form)
        let dialled = try form.optionalIdentifier("DialCallSid")
        dial = form.text("DialCallStatus").map {
            Dial(outcome: Dial.Outcome(rawValue: $0), call: dialled, duration: form.seconds("DialCallDuration"))
        }
        self.form = form
    }
}
