public import Wording

/// What a carrier says on its media socket, the same for every carrier.
public enum CarrierMessage: Hashable, Sendable {
    case connected(CarrierGreeting)
    case start(CarrierStart)
    /// Audio. It holds places in the message's text, so it is good only while that text is there.
    case media(CarrierMedia)
    case digit(CarrierDigit)
    /// As audio, it holds places in the message's text.
    case mark(CarrierMark)
    case stop(CarrierOrigin)
    /// The carrier complains, mostly of what we sent.
    case trouble(CarrierTrouble, CarrierOrigin)
    /// Carriers add events without notice: to be counted and passed over.
    case unknown(event: PeerText, CarrierOrigin)
}

/// Which stream a message is of, and its place in it; nil where it does not say.
public struct CarrierOrigin: Hashable, Sendable {
    public let stream: String?
    public let sequence: Int64?

    public init(stream: String?, sequence: Int64?) {
        self.stream = stream
        self.sequence = sequence
    }
}

/// The first message, before the stream has a name.
public struct CarrierGreeting: Hashable, Sendable {
    public let name: String?
    public let version: String?
}

/// The second message: whose call this is and what its audio is like.
public struct CarrierStart: Hashable, Sendable {
    public let stream: String
    public let call: String
    public let account: String?
    /// Who calls and who is called, where the stream itself says so.
    public let from: String?
    public let to: String?
    public let tracks: [String]
    public let format: CarrierMediaFormat
    /// What whoever began the stream gave it. None is the same as an empty object.
    public let parameters: [String: String]
    public let sequence: Int64?
}

/// The audio that a carrier promises, in its own words.
public struct CarrierMediaFormat: Hashable, Sendable {
    public static let muLaw8k = CarrierMediaFormat(encoding: "audio/x-mulaw", sampleRate: 8_000, channels: 1)

    public let encoding: String
    public let sampleRate: Int64
    public let channels: Int64

    public init(encoding: String, sampleRate: Int64, channels: Int64) {
        self.encoding = encoding
        self.sampleRate = sampleRate
        self.channels = channels
    }
}

/// A key that the caller pressed.
public struct CarrierDigit: Hashable, Sendable {
    /// `0` to `9`, `*`, `#`, or `A` to `D`.
    public let digit: Character
    public let track: CarrierTrack?
    public let origin: CarrierOrigin
}

/// Whose voice it is, seen from the carrier: inbound is the party at the other end, whoever dialled.
public enum CarrierTrack: Hashable, Sendable {
    case inbound
    case outbound
    case other
}

/// What a carrier complains of, in its own words.
public struct CarrierTrouble: Hashable, Sendable {
    public let code: Int64?
    public let text: PeerText
}
