public import Timeline

/// The practice agent's side of one session, in OpenAI's protocol or in ElevenLabs': events and time in, events out. It
/// holds no socket, no clock and no task, so a simulation can have as many as it likes.
///
/// Every call tells the time, which never goes back, and returns what is to be done. Between calls `wakeUp` says when
/// `advance` must be called at the latest.
public struct PracticeSession: Sendable {
    /// What is to be done, in this order.
    public enum Effect: Hashable, Sendable {
        case send([UInt8])
        /// The last: nothing is sent after it.
        case close(code: UInt16, reason: String)
        /// The last: reset the connection.
        case reset
        /// The last: neither read nor send any more, and leave the connection as it is.
        case freeze
        case report(PracticeReport)
    }

    /// Why a session ends before it begins, though the upgrade went well: the services look at these things late.
    public enum Rejection: Hashable, Sendable {
        /// The key; with ElevenLabs the signature in a signed URL.
        case invalidKey
        /// The model; with ElevenLabs the agent.
        case modelNotFound
        case missingModel
        /// OpenAI's alone.
        case betaHeader
        /// ElevenLabs' alone: the signed URL has had its time.
        case expired
        /// ElevenLabs' alone: the agent is not public, and the URL is not signed.
        case unsigned
    }

    private var dialect: any PracticeDialect

    /// A session of OpenAI Realtime.
    ///
    /// - Parameters:
    ///   - connection: which one of this upstream; makes its ids its own.
    ///   - epoch: seconds since 1970, for what the protocol dates.
    ///   - shelf: sounds that are shared with other sessions.
    public init(
        connection: Int, model: String, settings: PracticeSettings, epoch: Int64, shelf: ToneShelf = ToneShelf(),
        at now: Instant
    ) {
        dialect = OpenAISession(
            connection: connection, model: model, settings: settings, epoch: epoch, shelf: shelf, at: now)
    }

    /// A conversation with an agent of ElevenLabs.
    public init(
        connection: Int, agent: String, settings: PracticeSettings, shelf: ToneShelf = ToneShelf(), at now: Instant
    ) {
        dialect = ElevenLabsSession(
            connection: connection, agentID: agent, settings: settings, shelf: shelf, at: now)
    }

    // MARK: what happens

    /// The handshake is done.
    public mutating func open(at now: Instant, rejecting rejection: Rejection? = nil) -> [Effect] {
        take(dialect.open(at: now, rejecting: rejection))
    }

    /// A text message came.
    public mutating func receive(_ text: Span<UInt8>, at now: Instant) -> [Effect] {
        take(dialect.receive(text, at: now))
    }

    public mutating func advance(to now: Instant) -> [Effect] {
        take(dialect.advance(to: now))
    }

    /// The connection is over. The last thing that a session is told.
    public mutating func closed(code: Int, reason: String, byPeer: Bool, at now: Instant) -> [Effect] {
        take(dialect.closed(code: code, reason: reason, byPeer: byPeer, at: now))
    }

    private mutating func take(_ turn: PracticeTurn) -> [Effect] {
        isCallerSpeaking = turn.isCallerSpeaking
        wakeUp = turn.wakeUp
        return turn.effects
    }

    // MARK: what is known of it

    /// By the session's own detection of turns.
    public private(set) var isCallerSpeaking = false
    /// When `advance` is needed.
    public private(set) var wakeUp = Deadline.never

    public var settings: PracticeSettings { dialect.agent.settings }

    public var totals: PracticeReport.Totals { dialect.agent.totals }

    /// What came and what went, if it is kept.
    public var heard: Sound? { dialect.agent.heard }
    public var said: Sound? { dialect.agent.said }
}
