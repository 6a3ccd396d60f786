internal import MediaCore

/// Which carrier's words a media stream is in. All of them mean the same: `CarrierMessage` in, `CarrierWriter` out.
public enum CarrierDialect: Hashable, Sendable, CaseIterable {
    case twilio
    case telnyx

    /// Reads one message in one pass and, for audio and marks, without allocating. Members in any order; those not known
    /// are passed over. The text must be UTF-8, as WebSocket text is.
    public func read(_ text: Span<UInt8>) throws(CarrierError) -> CarrierMessage {
        switch self {
        case .twilio: try TwilioMessage.read(text)
        case .telnyx: try TelnyxMessage.read(text)
        }
    }

    public func writer(stream: String) -> CarrierWriter {
        switch self {
        case .twilio: CarrierWriter(twilioStream: stream)
        case .telnyx: .telnyx
        }
    }

    /// Messages of audio may overtake each other, and their numbers say how.
    public var isUnordered: Bool {
        switch self {
        case .twilio: false
        case .telnyx: true
        }
    }

    /// What the audio is that a stream promises; nil for what is not understood, or not spoken by this carrier.
    public func codec(_ format: CarrierMediaFormat) -> CarrierCodec? {
        switch self {
        case .twilio: format == .muLaw8k ? .plain(.muLaw8k) : nil
        case .telnyx: CarrierCodec(telnyx: format)
        }
    }

    /// As calls are kept: the carrier's name.
    public var name: String {
        switch self {
        case .twilio: "twilio"
        case .telnyx: "telnyx"
        }
    }
}
