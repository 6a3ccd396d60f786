/// Whose words a phone speaks to a bridge in, and how its audio is coded.
public enum PhoneDialect: Hashable, Sendable {
    public enum Codec: Hashable, Sendable {
        case muLaw
        case aLaw
        case opus
    }

    /// Mu-law at 8 kHz is all that Twilio has.
    case twilio
    case telnyx(Codec)

    var codec: Codec {
        switch self {
        case .twilio: .muLaw
        case .telnyx(let codec): codec
        }
    }

    var userAgent: String {
        switch self {
        case .twilio: "TwilioMediaStreams/1.0"
        case .telnyx: "TelnyxMediaStreaming/1.0"
        }
    }
}
