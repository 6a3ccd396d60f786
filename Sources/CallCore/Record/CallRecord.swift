public import JSONWire
public import Timeline
public import Wording

/// What is kept of one call.
public struct CallRecord: Hashable, Sendable {
    /// What went wrong, in a stable word and for people.
    public struct Failure: Hashable, Sendable {
        public var code: String
        public var message: String

        public init(code: String, message: String) {
            self.code = code
            self.message = message
        }
    }

    /// What the carrier says of the call; it may come long after the end.
    public struct Carrier: Hashable, Sendable {
        public var status: String?
        public var duration: Duration?
        public var answeredBy: AnsweredBy?
        public var sipCode: Int?
        /// As the carrier writes it, with its currency.
        public var price: String?

        public init(
            status: String? = nil, duration: Duration? = nil, answeredBy: AnsweredBy? = nil, sipCode: Int? = nil,
            price: String? = nil
        ) {
            self.status = status
            self.duration = duration
            self.answeredBy = answeredBy
            self.sipCode = sipCode
            self.price = price
        }
    }

    /// One run of a tool.
    public struct ToolRun: Hashable, Sendable {
        public var name: String
        public var succeeded: Bool
        public var attempts: Int
        public var took: Duration

        public init(name: String, succeeded: Bool, attempts: Int, took: Duration) {
            self.name = name
            self.succeeded = succeeded
            self.attempts = attempts
            self.took = took
        }
    }

    public let id: CallID
    /// The carrier: `twilio`.
    public let provider: String
    /// Nil until the carrier has given one.
    public var providerCallID: String?
    public var streamID: String?
    public let direction: CallDirection
    public var from: PhoneNumber?
    public var to: PhoneNumber?
    public var agent: String?
    public var upstream: UpstreamVendor?
    public var node: String?
    public var metadata = JSONObject()
    public var variables = JSONObject()
    public internal(set) var status: CallStatus
    public internal(set) var endReason: EndReason?
    /// The ending that the bridge has decided on, from then on until the status says so.
    public internal(set) var decidedEnd: EndReason?
    public var failure: Failure?
    public let createdAt: UTCTime
    /// When it is to be dialled; nil is at once.
    public var scheduledAt: UTCTime?
    /// Since when the carrier owes the answer that tells what became of the call.
    public internal(set) var unreconciledSince: UTCTime?
    public internal(set) var answeredAt: UTCTime?
    public internal(set) var endedAt: UTCTime?
    public var carrier = Carrier()
    public var disposition: String?
    /// What the upstream used, as its wire writes it.
    public var usage: JSONObject?
    public var quality: CallQuality?
    public var tools: [ToolRun] = []

    public init(
        id: CallID, provider: String = "twilio", providerCallID: String?, direction: CallDirection,
        status: CallStatus, from: PhoneNumber? = nil, to: PhoneNumber? = nil, createdAt: UTCTime
    ) {
        self.id = id
        self.provider = provider
        self.providerCallID = providerCallID
        self.direction = direction
        self.status = status
        self.from = from
        self.to = to
        self.createdAt = createdAt
        if status.rank >= CallStatus.inProgress.rank { answeredAt = createdAt }
        if status.isFinal {
            endedAt = createdAt
            endReason = EndReason(carrierStatus: status)
        }
    }

    /// From the answer to the end; nil while one of them is missing.
    public var duration: Duration? {
        guard let answeredAt, let endedAt else { return nil }
        return .milliseconds(max(0, endedAt.millisecondsSince1970 - answeredAt.millisecondsSince1970))
    }
}
