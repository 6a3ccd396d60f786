/// All the times and abilities that one call's decisions depend on: the node's settings, and what the agent changes of them.
public struct CallRules: Hashable, Sendable {
    /// A socket that sends no `start` is closed.
    public var start = Duration.seconds(10)
    /// For one attempt to reach the upstream, up to its being ready.
    public var upstreamAttempt = Duration.seconds(5)
    public var upstreamRetries = RetryRules(budget: .seconds(8))
    /// There is an agent that stands in when the upstream cannot be had.
    public var hasStandIn = false
    /// It is dialled beside the first from then on, and the first that is ready wins.
    public var standInAfter = Duration.seconds(2)
    /// A caller who waits for the upstream hears a soft tone from then on.
    public var tone = Duration.seconds(2)
    /// No media frame at all after `start`.
    public var firstMedia = Duration.seconds(10)
    /// No media frame any more, though the carrier still answers pings.
    public var frameless = Duration.seconds(60)
    public var longest = Duration.seconds(14_400)
    /// Past the computed end of the last word.
    public var farewellGrace = Duration.seconds(2)
    /// For an agent that wants to hang up to say its last words.
    public var lastWords = Duration.seconds(10)
    /// For the carrier to close its socket after it was told to end the call, or after we closed ours.
    public var carrierGrace = Duration.seconds(2)
    /// After the carrier's socket ended: when its status is asked for, counted from that end.
    public var questions: [Duration] = [.zero, .seconds(1), .seconds(2)]
    /// And how long the answers, or a status callback, may take.
    public var patience = Duration.milliseconds(3_500)

    /// There are credentials for the carrier's REST API.
    public var canOrder = false
    /// The carrier asks us what follows the stream (`<Connect action>`), and reports statuses.
    public var ownsCall = false

    public init() {}
}
