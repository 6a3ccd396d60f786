public import Timeline
public import Wording

/// Twilio tells how a stream is doing. It says nothing of the call's status.
public struct TwilioStreamCallback: Hashable, Sendable {
    public enum Event: Hashable, Sendable {
        case started
        case stopped
        case failed
        case unknown(PeerText)
    }

    public let call: String
    public let account: String?
    public let stream: String
    /// Ours, or the stream's id where we gave none.
    public let name: String?
    public let event: Event
    public let error: PeerText?
    public let time: UTCTime?
    public let form: WebForm

    public init(_ form: WebForm) throws(CarrierError) {
        call = try form.identifier("CallSid")
        account = try form.optionalIdentifier("AccountSid")
        stream = try form.identifier("StreamSid")
        name = form.text("StreamName")
        switch form.text("StreamEvent") {
        case nil: throw .missingParameter("StreamEvent")
        case "stream-started": event = .started
        case "stream-stopped": event = .stopped
        case "stream-error": event = .failed
        case let other?: event = .unknown(PeerText(other))
        }
        error = form.text("StreamError").map { PeerText($0) }
        time = form.time("Timestamp")
        self.form = form
    }

    /// The same for two deliveries of one report.
    public var identity: String {
        "\(stream)/\(form.text("StreamEvent") ?? "")/\(form.text("Timestamp") ?? "")"
    }
}
