public import JSONWire
public import Timeline
public import Wording

/// A change to a call's record. What is nil stays.
public struct CallChange: Hashable, Sendable {
    public enum Status: Hashable, Sendable {
        /// The bridge saw it.
        case advance(to: CallStatus)
        /// The bridge is about to end the call for this reason: from now on it wins over what the carrier says.
        case decide(EndReason)
        /// The call is over.
        case finish(EndReason)
        /// The carrier says so.
        case carrier(CallStatus)
    }

    /// When it happened.
    public var at: UTCTime
    public var status: Status?
    public var providerCallID: String?
    public var streamID: String?
    public var from: PhoneNumber?
    public var to: PhoneNumber?
    public var agent: String?
    public var upstream: UpstreamVendor?
    public var node: String?
    public var metadata: JSONObject?
    public var variables: JSONObject?
    public var failure: CallRecord.Failure?
    /// Member by member: what is nil in it stays, too.
    public var carrier: CallRecord.Carrier?
    public var disposition: String?
    public var usage: JSONObject?
    public var quality: CallQuality?
    public var tools: [CallRecord.ToolRun]?
    /// Whether the carrier owes the answer that tells what became of the call. Never so of one that is final.
    public var isUnreconciled: Bool?

    public init(at: UTCTime, _ status: Status? = nil) {
        self.at = at
        self.status = status
    }
}

/// What became of a change's status. Everything else in a change is always taken.
public enum StatusEffect: Hashable, Sendable {
    /// The change had none.
    case none
    case advanced(to: CallStatus)
    /// Noted that the bridge ends the call.
    case decided(EndReason)
    /// This change, and no other, ended the call.
    case finished(EndReason)
    /// Nothing new.
    case duplicate
    /// Older than what is known, or another ending than the one that stands.
    case outOfOrder
}

extension CallRecord {
    /// Applies a change by the rules for statuses: they move forward by rank, a final one stays with its reason, and an
    /// ending that the bridge decided wins over the carrier's.
    public mutating func apply(_ change: CallChange) -> StatusEffect {
        let effect = change.status.map { apply($0, at: change.at) } ?? .none
        providerCallID = change.providerCallID ?? providerCallID
        streamID = change.streamID ?? streamID
        from = change.from ?? from
        to = change.to ?? to
        agent = change.agent ?? agent
        upstream = change.upstream ?? upstream
        node = change.node ?? node
        metadata = change.metadata ?? metadata
        variables = change.variables ?? variables
        // The error explains the ending, so it freezes with it.
        if !status.isFinal || effect.ended { failure = change.failure ?? failure }
        if let carrier = change.carrier { self.carrier.merge(carrier) }
        disposition = change.disposition ?? disposition
        usage = change.usage ?? usage
        quality = change.quality ?? quality
        tools = change.tools ?? tools
        if let isUnreconciled = change.isUnreconciled {
            unreconciledSince = isUnreconciled ? unreconciledSince ?? change.at : nil
        }
        if self.status.isFinal { unreconciledSince = nil }
        return effect
    }

    private mutating func apply(_ status: CallChange.Status, at time: UTCTime) -> StatusEffect {
        switch status {
        case .advance(let next):
            return next.isFinal ? .outOfOrder : take(next, decided: decidedEnd, at: time)
        case .carrier(let reported):
            return take(reported, decided: decidedEnd, at: time)
        case .decide(let reason):
            guard !self.status.isFinal, decidedEnd == nil else {
                return (endReason ?? decidedEnd) == reason ? .duplicate : .outOfOrder
            }
            decidedEnd = reason
            return .decided(reason)
        case .finish(let reason):
            guard !self.status.isFinal else { return endReason == reason ? .duplicate : .outOfOrder }
            return finish(decidedEnd ?? reason, at: time)
        }
    }

    private mutating func take(_ reported: CallStatus, decided: EndReason?, at time: UTCTime) -> StatusEffect {
        switch CarrierReport.effect(of: reported, on: CarrierReport.Known(status: status, decided: decided)) {
        case .advance(let next):
            status = next
            if next == .inProgress { answeredAt = answeredAt ?? time }
            return .advanced(to: next)
        case .finish(let reason):
            return finish(reason, at: time)
        case .duplicate: return .duplicate
        case .outOfOrder:
            // When it was answered is news, too, if only now.
            if reported == .inProgress, answeredAt == nil, status.isFinal {
                answeredAt = min(time, endedAt ?? time)
            }
            return .outOfOrder
        }
    }

    private mutating func finish(_ reason: EndReason, at time: UTCTime) -> StatusEffect {
        status = reason.status
        endReason = reason
        decidedEnd = nil
        endedAt = max(time, answeredAt ?? createdAt)
        return .finished(reason)
    }
}

extension StatusEffect {
    fileprivate var ended: Bool {
        if case .finished = self { true } else { false }
    }
}

extension CallRecord.Carrier {
    fileprivate mutating func merge(_ other: CallRecord.Carrier) {
        status = Self.later(status, other.status)
        duration = other.duration ?? duration
        answeredBy = other.answeredBy ?? answeredBy
        sipCode = other.sipCode ?? sipCode
        price = other.price ?? price
    }

    /// Reports come in any order; the word of the one that is further on stays.
    private static func later(_ known: String?, _ new: String?) -> String? {
        guard let known, let new else { return new ?? known }
        guard let before = CallStatus(rawValue: known), let after = CallStatus(rawValue: new) else { return new }
        return after.rank < before.rank ? known : new
    }
}
