public import Addresses
public import SocketLoop
internal import Timeline

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
        /// With a document that is there already.
        case document([CallInstruction])

        var hasDocument: Bool {
            switch self {
            case .voice, .document: true
            case .stream: false
            }
        }

        /// Nil where a document is all that is known.
        public var url: WebURL? {
            switch self {
            case .stream(let url), .voice(let url): url
            case .document: nil
            }
        }
    }

    public var entry: Entry
    public var publicURL: WebURL?
    /// Any URL of the bridge that can be dialled, if the entry's is not one.
    public var bridge: WebURL?
    public var script = PhoneScript.usual
    public var speeches: SpeechBook
    public var from = "+15550001111"
    public var to = "+15550002222"
    /// Nil: one made of the seed.
    public var account: String?
    public var token: String?
    public var dialect = PhoneDialect.twilio
    public var parameters: [CallInstruction.Stream.Parameter] = []
    public var statusURL: String?
    public var direction = Direction.inbound
    public var seed: UInt64
    public var openingLimit = Duration.seconds(10)
    public var timeLimit = Duration.seconds(600)
    public var tls: TLSClientContext?

    // What a call that was dialled has beside.
    var callee: Callee?
    /// When its turn comes; nil is at once.
    var begins: Instant?
    var statusEvents = Set(CallEvents.all)
    var callbackFaults: [CallbackFault] = []
    var ringLimit = Duration.seconds(60)
    /// The carrier ends it so long after the answer.
    var callLimit: Duration?
    var detection: MachineDetectionOrder?

    public init(_ entry: Entry, speeches: SpeechBook, seed: UInt64) {
        self.entry = entry
        self.speeches = speeches
        self.seed = seed
    }

    var address: PublicAddress { PublicAddress(here: bridge ?? entry.url, publicURL: publicURL) }
}
