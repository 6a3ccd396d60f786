public import Addresses
public import SocketLoop

/// How calls are made.
public struct PhoneSetting: Sendable {
    public enum Direction: String, CaseIterable, Sendable {
        case inbound
        case outbound = "outbound-api"
    }

    /// Where a call begins.
    public enum Entry: Sendable {
        /// At a stream.
        case stream(WebURL)
        /// At the webhook, which says where the stream is.
        case voice(WebURL)

        var isVoice: Bool {
            if case .voice = self { true } else { false }
        }

        public var url: WebURL {
            switch self {
            case .stream(let url), .voice(let url): url
            }
        }
    }

    public var entry: Entry
    public var publicURL: WebURL?
    public var script = PhoneScript.usual
    public var speeches: SpeechBook
    public var from = "+15550001111"
    public var to = "+15550002222"
    /// Nil: one made of the seed.
    public var account: String?
    public var token: String?
    public var dialect = PhoneDialect.twilio
    public var parameters: [CallInstruction.Stream.Parameter] = []
    public var statusURL: WebURL?
    public var direction = Direction.inbound
    public var seed: UInt64
    public var openingLimit = Duration.seconds(10)
    public var timeLimit = Duration.seconds(600)
    public var tls: TLSClientContext?

    public init(_ entry: Entry, speeches: SpeechBook, seed: UInt64) {
        self.entry = entry
        self.speeches = speeches
        self.seed = seed
    }

    var address: PublicAddress { PublicAddress(here: entry.url, publicURL: publicURL) }
}
