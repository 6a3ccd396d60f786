internal import JSONWire

/// One of the account's phone numbers and where its calls go.
public struct TwilioPhoneNumber: Hashable, Sendable {
    public let id: String
    public let number: String
    public let takesCalls: Bool
    public let voiceURL: String?
    public let voiceMethod: String?
    public let fallbackURL: String?
    public let statusCallback: String?
    public let statusCallbackMethod: String?
    /// Where one of these is set, Twilio does not look at the URLs.
    public let application: String?
    public let trunk: String?

    init(_ object: JSONObject) throws(JSONError) {
        /// Twilio shows what is not set as null or as an empty string.
        func text(_ name: String) throws(JSONError) -> String? {
            try object.optionalString(name).flatMap { $0.isEmpty ? nil : $0 }
        }
        id = try object.string("sid")
        guard CarrierIdentifier.isSane(id) else { throw .invalidValue("sid") }
        number = try object.string("phone_number")
        takesCalls = try object.optionalObject("capabilities")?.optionalBool("voice") ?? true
        voiceURL = try text("voice_url")
        voiceMethod = try text("voice_method")
        fallbackURL = try text("voice_fallback_url")
        statusCallback = try text("status_callback")
        statusCallbackMethod = try text("status_callback_method")
        application = try text("voice_application_sid")
        trunk = try text("trunk_sid")
    }
}
