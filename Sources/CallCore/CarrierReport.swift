/// What becomes of a call's status when the carrier reports one. Reports come in any order, twice, late, or never.
public enum CarrierReport {
    /// What is known of the call when a report arrives.
    public struct Known: Hashable, Sendable {
        /// Nil for a call that has no record yet.
        public var status: CallStatus?
        /// The ending that the bridge has decided, whether the record says so by now or not.
        public var decided: EndReason?

        public init(status: CallStatus?, decided: EndReason? = nil) {
            self.status = status
            self.decided = decided
        }
    }

    public enum Effect: Hashable, Sendable {
        case advance(to: CallStatus)
        case finish(EndReason)
        /// Nothing new.
        case duplicate
        /// Older than what is known, or another ending than the one that stands.
        case outOfOrder
    }

    /// Statuses move forward by rank, a final one stays, and an ending that the bridge decided wins over the carrier's.
    public static func effect(of reported: CallStatus, on known: Known) -> Effect {
        if let status = known.status, reported.rank <= status.rank {
            return reported == status ? .duplicate : .outOfOrder
        }
        guard let carrierReason = EndReason(carrierStatus: reported) else {
            // The call is over for us: that it is now ringing, or answered, is old news.
            return known.decided == nil ? .advance(to: reported) : .outOfOrder
        }
        return .finish(known.decided ?? carrierReason)
    }

    /// How the carrier's socket ended.
    public enum SocketEnd: Hashable, Sendable {
        case stop
        case close(code: UInt16)
        case lost
    }

    /// What to write when the carrier's socket ended and no status could be had: what was seen decides.
    public static func reason(seen end: SocketEnd) -> EndReason {
        switch end {
        case .stop, .close(code: 1000), .close(code: 1001): .callerHangup
        case .close, .lost: .carrierFailed
        }
    }
}
