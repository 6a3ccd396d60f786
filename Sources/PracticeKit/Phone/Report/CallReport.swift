/// What became of one call.
public struct CallReport: Sendable {
    /// A request of the carrier to the bridge.
    public struct Request: Hashable, Sendable {
        public let kind: String
        public let url: String
        /// Nil: there was no answer.
        public var status: Int?
        public var duration: Duration
        public var problem: String?
    }

    public let number: Int
    public let call: String
    public let account: String
    /// The carrier's: completed, busy, no-answer, failed.
    public var status = "completed"
    public var duration = Duration.zero
    public var streams: [StreamReport] = []
    public var failures: [PhoneFailure] = []
    /// What the bridge's documents had the carrier do.
    public var instructions: [String] = []
    public var requests: [Request] = []

    public var isFine: Bool { failures.isEmpty }
}
