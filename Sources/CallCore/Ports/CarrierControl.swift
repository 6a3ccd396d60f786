public import Timeline

/// What we can ask of a carrier about a call that it carries. Calls are named by the carrier's own id.
public protocol CarrierControl: Sendable {
    /// Ends a call. One that is over already is a success.
    func hangUp(_ call: String) async throws(CarrierControlError)

    /// Takes the call out of whatever it is doing, the bridge included, and does this instead.
    func redirect(_ call: String, to steps: [CallerStep]) async throws(CarrierControlError)

    /// How the call is by the carrier's books, which may lag behind; nil when it knows none of that id.
    func look(_ call: String) async throws(CarrierControlError) -> CarrierView?
}

/// A call by the carrier's books.
public struct CarrierView: Hashable, Sendable {
    /// Nil for a status that we do not know.
    public var status: CallStatus?
    /// In the carrier's words, with what else is known now.
    public var carrier: CallRecord.Carrier
    public var endedAt: UTCTime?

    public init(status: CallStatus?, carrier: CallRecord.Carrier, endedAt: UTCTime? = nil) {
        self.status = status
        self.carrier = carrier
        self.endedAt = endedAt
    }
}

/// Why a carrier did not do what it was asked.
public enum CarrierControlError: Error, Hashable, Sendable {
    /// There are no credentials to ask with.
    case notConfigured
    /// No such call, or one that is over.
    case gone
    /// No attempt got an answer that helps; `mayHaveActed` when one may have been carried out all the same.
    case unavailable(String, mayHaveActed: Bool)
    /// It failed too often of late, so it is not asked.
    case resting
    /// The account or its key is refused.
    case credentials(String)
    /// Asking again would get the same answer.
    case refused(String)

    public var code: String {
        switch self {
        case .notConfigured: "carrier.not_configured"
        case .gone: "carrier.gone"
        case .unavailable: "carrier.unavailable"
        case .resting: "carrier.resting"
        case .credentials: "carrier.credentials"
        case .refused: "carrier.refused"
        }
    }

    public var message: String {
        switch self {
        case .notConfigured:
            "The carrier cannot be asked. Set twilio.account_sid and twilio.auth_token, or an API key."
        case .gone: "The carrier knows no such call, or it is over."
        case .unavailable(let words, _): "The carrier's API could not be used. \(words)"
        case .resting: "The carrier's API failed too often in a row, so it is left alone for a while."
        case .credentials(let words), .refused(let words): words
        }
    }
}
