public import Timeline

/// When an open record is looked into, and by which of the causes that a record can be left open for.
public struct SweepRules: Hashable, Sendable {
    /// Between two looks at all open records; zero looks only when asked.
    public var every = Duration.seconds(30)
    /// For the stream of an answered webhook to come. Zero waits for it without end, as with the next two.
    public var expected = Duration.seconds(30)
    /// The same for a call that was dialled: it rings first.
    public var expectedDialled = DialRules().ring + .seconds(15)
    /// For a record without a live session, where the carrier says nothing that helps.
    public var stale = Duration.seconds(1_800)
    /// For a scheduled call to be dialled, after its time.
    public var scheduleExpires = Duration.seconds(900)
    /// For a caller whose node died to come back on a stream of another.
    public var resumption = Duration.seconds(5)
    /// For the stream to come of a caller who was told to come back; and how often one is.
    public var resumedStream = Duration.seconds(5)
    public var resumptionOffers = 3
    /// For a carrier that cannot be reached.
    public var patience = Duration.seconds(900)
    /// For a call that ended to have its last word written.
    public var lastWord = Duration.seconds(60)
    /// Between two questions about one call: this, doubled up to the other.
    public var firstPause = Duration.seconds(1)
    public var longestPause = Duration.seconds(30)

    public init() {}

    /// What to do about a record that is open.
    ///
    /// - Parameters:
    ///   - hasSession: The call is on the line, here.
    ///   - utc: Only tells whether a call's time has passed.
    ///   - known: How old the record is; nil goes by the wall clock. Nothing that lives ends by its age.
    public func verdict(
        on call: OpenCall, hasSession: Bool, at utc: UTCTime, age known: Duration? = nil
    ) -> SweepVerdict {
        guard call.holder != .another else { return hasSession ? .lost : .leave(.elsewhere) }
        guard !hasSession else { return .leave(.live) }
        let record = call.record
        let age = known ?? record.createdAt.passed(until: utc)
        guard record.providerCallID != nil || record.status != .queued else {
            return isExpired(record, at: utc) ? .cancel : .leave(.scheduled)
        }
        guard record.streamID != nil else {
            let wait = expected == .zero ? nil : max(.zero, wait(for: record.direction) - age)
            return .reconcile(.noStream(isOurs: record.agent != nil), after: wait ?? stale, openFor: age)
        }
        return call.wasClaimed
            ? .reconcile(.nodeLost, after: .zero, openFor: .zero)
            : .reconcile(.noSession, after: lastWord, openFor: .zero)
    }

    /// For a stream to come.
    public func wait(for direction: CallDirection) -> Duration {
        direction == .outbound ? max(expected, expectedDialled) : expected
    }

    private func isExpired(_ record: CallRecord, at utc: UTCTime) -> Bool {
        guard scheduleExpires > .zero else { return false }
        return (record.scheduledAt ?? record.createdAt).passed(until: utc) >= scheduleExpires
    }
}

public enum SweepVerdict: Hashable, Sendable {
    public enum Leaving: String, Hashable, Sendable, CaseIterable {
        /// On the line, here.
        case live
        /// Another node answers for it.
        case elsewhere
        /// Its time to be dialled has not passed.
        case scheduled
    }

    case leave(Leaving)
    /// On the line here, and another node answers for it by now: what is here of it has to go.
    case lost
    /// Nobody dialled it in time.
    case cancel
    case reconcile(ReconcileMachine.Cause, after: Duration, openFor: Duration)
}

extension UTCTime {
    /// Never negative: clocks of hosts differ.
    fileprivate func passed(until later: UTCTime) -> Duration {
        .milliseconds(max(0, later.millisecondsSince1970 - millisecondsSince1970))
    }
}
