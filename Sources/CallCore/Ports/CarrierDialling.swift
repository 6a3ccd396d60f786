public import Timeline

/// What dials. Calls are named by the carrier's own id.
public protocol CarrierDialling: Sendable {
    /// Has the carrier call; returns its name of the call, which has not rung by then.
    func dial(_ order: DialOrder) async throws(DialFailure) -> String

    /// The newest calls that the carrier made between these two.
    func recentCalls(of order: DialOrder) async throws(CarrierControlError) -> [RecentCall]
}

/// A call among those that the carrier lists.
public struct RecentCall: Hashable, Sendable {
    public let name: String
    /// To the second; nil when the carrier does not say.
    public let createdAt: UTCTime?

    public init(name: String, createdAt: UTCTime?) {
        self.name = name
        self.createdAt = createdAt
    }
}

/// Why the carrier did not take a call, as far as is known.
public struct DialFailure: Error, Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// It would be refused again.
        case refused
        /// It was not taken, and later it may be.
        case notNow(after: Duration?)
        /// It may have been taken all the same.
        case unclear
    }

    public let kind: Kind
    /// The carrier's own number for it.
    public let carrierCode: Int64?
    /// For people.
    public let message: String

    public init(_ kind: Kind, carrierCode: Int64? = nil, _ message: String) {
        self.kind = kind
        self.carrierCode = carrierCode
        self.message = message
    }

    /// However often it is tried, nobody is called twice.
    var isHarmless: Bool {
        if case .notNow = kind { true } else { false }
    }

    /// For the record.
    public var code: String {
        carrierCode.map { "carrier.\($0)" } ?? (kind == .refused ? "carrier.refused" : "carrier.unavailable")
    }
}
