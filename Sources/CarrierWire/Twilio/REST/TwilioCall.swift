public import CallCore
internal import JSONWire
public import Timeline
public import Wording

/// A call as Twilio's REST API shows it. It may lag behind a webhook.
public struct TwilioCall: Hashable, Sendable {
    public let id: String
    /// Nil for a status that we do not know.
    public let status: CallStatus?
    /// Twilio's own word for it.
    public let statusWord: String
    public let direction: CallDirection?
    public let from: PhoneNumber?
    public let to: PhoneNumber?
    public let created: UTCTime?
    public let started: UTCTime?
    public let ended: UTCTime?
    public let duration: Duration?
    public let answeredBy: AnsweredBy?
    /// In the unit that follows, negative for what was paid; known some time after the call.
    public let price: String?
    public let priceUnit: String?
    public let parentCall: String?

    init(_ object: JSONObject) throws(JSONError) {
        id = try object.string("sid")
        guard CarrierIdentifier.isSane(id) else { throw .invalidValue("sid") }
        statusWord = try object.string("status")
        status = CallStatus(rawValue: statusWord)
        direction = try object.optionalString("direction").flatMap(CallDirection.init(twilio:))
        from = try object.optionalString("from").map { PhoneNumber($0) }
        to = try object.optionalString("to").map { PhoneNumber($0) }
        created = try object.optionalString("date_created").flatMap { UTCTime(rfc2822: $0) }
        started = try object.optionalString("start_time").flatMap { UTCTime(rfc2822: $0) }
        ended = try object.optionalString("end_time").flatMap { UTCTime(rfc2822: $0) }
        // Numbers come as strings here.
        duration = try object.optionalString("duration").flatMap { Int64($0) }.map { .seconds(max(0, $0)) }
        answeredBy = try object.optionalString("answered_by").flatMap { AnsweredBy(rawValue: $0) }
        price = try object.optionalString("price")
        priceUnit = try object.optionalString("price_unit")
        parentCall = try object.optionalString("parent_call_sid")
    }
}
