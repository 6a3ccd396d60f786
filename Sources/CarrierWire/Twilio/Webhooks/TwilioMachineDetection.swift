public import CallCore

/// Answering-machine detection came to a result beside the running call.
public struct TwilioMachineDetection: Hashable, Sendable {
    public let call: String
    public let account: String?
    /// `unknown` also for a word that we do not know.
    public let answeredBy: AnsweredBy
    public let took: Duration?
    public let form: WebForm

    public init(_ form: WebForm) throws(CarrierError) {
        call = try form.identifier("CallSid")
        account = try form.optionalIdentifier("AccountSid")
        guard let word = form.text("AnsweredBy") else { throw .missingParameter("AnsweredBy") }
        answeredBy = AnsweredBy(rawValue: word) ?? .unknown
        took = form.number("MachineDetectionDuration").map { .milliseconds($0) }
        self.form = form
    }
}
