/// What a call has to do next. Carried out in order by the actor that owns the machine; none of them may fail back into it
/// at once.
public enum CallAction: Hashable, Sendable {
    /// Opens the upstream; ends in `upstreamReady` or `upstreamFailed`.
    case dialUpstream(attempt: Int)
    /// Gives up the upstream, whatever became of it by now.
    case dropUpstream
    /// Opens the upstream of the agent that stands in, beside the first; ends in `standInReady` or `standInFailed`.
    case dialStandIn(attempt: Int)
    /// Gives that one up, whatever became of it by now.
    case dropStandIn
    /// The one that stands in takes the place of the upstream, which is given up.
    case switchToStandIn
    /// Audio flows from now on, what was kept of the caller's first.
    case openUpstream
    /// The upstream may speak to the caller.
    case greet
    case startTone
    case stopTone
    /// What the agent still has to say is not wanted any more.
    case stopPlayout
    /// Answered by `playoutEnded` once the caller has heard all that there is.
    case watchPlayout
    /// Tells the carrier what becomes of the call, nothing being its end; answered by `carrierObeyed`.
    case order([CallerStep])
    /// What the carrier gets for an answer when it asks what follows the stream.
    case prepare([CallerStep])
    /// Closes the carrier's socket; its end is told by `carrierEnded`.
    case closeCarrier(code: UInt16, reason: String)
    /// Ends the carrier's socket without a word.
    case killCarrier
    /// Asks the carrier how the call stands; answered by `carrierAnswered`.
    case askCarrier
    /// The bridge has decided how the call ends; nothing that is reported later changes it.
    case decide(EndReason)
    case note(CallNote)
    /// The one final status. Comes once, last: nothing of the call is left.
    case finish(EndReason)
}

/// Something worth an event, a log line or a counter.
public enum CallNote: Hashable, Sendable {
    case upstreamRetry(attempt: Int, after: Duration)
    case upstreamGivenUp(RetryDecision.GivingUp)
    /// It took us in and was never ready, or did not even answer.
    case upstreamSilent
    case upstreamLost
    /// The same of the one that stands in.
    case standInRetry(attempt: Int, after: Duration)
    case standInGivenUp(RetryDecision.GivingUp)
    case standInSilent
    case farewellBegan
    case farewellCancelled
    /// The last word's mark did not come back in time.
    case farewellOverdue
    /// The carrier did not close its socket in time.
    case carrierLingers
    case carrierUnheard
}
