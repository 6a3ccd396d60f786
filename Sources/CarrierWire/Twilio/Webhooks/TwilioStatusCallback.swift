public import CallCore
public import Timeline

/// A call's status changed. Comes late, twice, in any order, or not at all.
public struct TwilioStatusCallback: Hashable, Sendable {
    public let call: TwilioCallParameters
    /// The order in which Twilio sent its reports; 0 for the only one of an inbound call.
    public let sequence: Int64?
    public let time: UTCTime?
    /// How long the call took, once it is over. `Duration` is in minutes and not used.
    public let duration: Duration?
    public let sipCode: Int64?
    public let errorCode: Int64?
    public let answeredBy: AnsweredBy?
    public let form: WebForm

    public init(_ form: WebForm) throws(CarrierError) {
        call = try TwilioCallParameters(form)
        guard form.text("CallStatus") != nil else { throw .missingParameter("CallStatus") }
        sequence = form.number("SequenceNumber")
        time = form.time("Timestamp")
        duration = form.seconds("CallDuration")
        sipCode = form.number("SipResponseCode")
        errorCode = form.number("ErrorCode")
        answeredBy = form.text("AnsweredBy").flatMap { AnsweredBy(rawValue: $0) }
        self.form = form
    }

    /// The same for two deliveries of one report.
    public var identity: String {
        "\(call.call)/\(form.text("CallStatus") ?? "")/\(sequence.map(String.init) ?? "")"
    }
}
