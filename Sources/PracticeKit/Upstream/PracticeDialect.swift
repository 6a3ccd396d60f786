internal import Timeline

/// A session in one of the protocols: the agent, and how this protocol says what the agent does.
///
/// What happens comes in by the first four, the same for every protocol; the others are a protocol's own part of them.
protocol PracticeDialect: Sendable {
    mutating func open(at now: Instant, rejecting rejection: PracticeSession.Rejection?) -> PracticeTurn
    mutating func receive(_ text: Span<UInt8>, at now: Instant) -> PracticeTurn
    mutating func advance(to now: Instant) -> PracticeTurn
    mutating func closed(code: Int, reason: String, byPeer: Bool, at now: Instant) -> PracticeTurn

    var agent: PracticeAgent { get set }
    /// By the session's own detection of turns.
    var isCallerSpeaking: Bool { get }
    /// When the session has something to do on its own, faults aside.
    var due: Instant? { get }

    /// The handshake is done.
    mutating func open(rejecting rejection: PracticeSession.Rejection?)
    mutating func take(_ text: Span<UInt8>)
    /// Does what is due at the agent's time.
    mutating func act()
    /// What a fault does as soon as it is known.
    mutating func takeUp(_ fault: Fault)
    mutating func expire()
    mutating func runOutOfQuota()
    mutating func reject(_ rejection: PracticeSession.Rejection)
    /// Ends with an error of this type, as this protocol does; false where it knows no such thing.
    mutating func fail(withErrorType type: String)
}
