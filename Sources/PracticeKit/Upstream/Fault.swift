/// A way in which the practice upstream misbehaves. Written `name`, `name=value`, `name@when` or `name=value@when`.
public enum Fault: Hashable, Sendable {
    /// The upgrade, or the request for a signed URL, is refused with this status and the body that the service sends.
    case refuse(status: Int)
    /// The upgrade succeeds; then the key is found to be wrong, and the socket is closed.
    case badKey
    /// The upgrade succeeds; then the model or the agent is unknown, and the socket is closed.
    case modelNotFound
    /// The upgrade succeeds, and no event ever comes; pings are answered.
    case silent
    /// The upgrade succeeds, and the session's first word comes so much later.
    case late(Duration)
    /// Every reply lasts this long and is sent at once.
    case burst(Duration)
    /// Every reply is two pieces of audio, of two pitches, each with its id.
    case twoItems
    /// The audio is not of the format that the session promised.
    case wrongFormat
    /// Audio comes in pieces of one byte, 159, 161 and so on, that respect neither frames nor samples.
    case oddDeltas
    /// After an interruption some audio of the old response still comes.
    case lateDeltas
    /// A tool call is told twice.
    case doubleTool
    /// Something that happens once, at its moment.
    case timed(Strike, Moment)
    /// What only bends the words on their way out.
    case bent(Bend)
    case openAI(OpenAIFault)
    case elevenLabs(ElevenLabsFault)

    /// What happens once, at a moment.
    public enum Strike: Hashable, Sendable {
        /// The socket is closed with this code.
        case close(code: UInt16)
        /// The connection is reset, without a close frame.
        case reset
        /// From then on nothing is read, nothing is sent, no ping answered; the connection stays.
        case halfOpen
        /// The session has lasted as long as it may.
        case sessionExpired
        /// The account has nothing left.
        case quota
        /// ElevenLabs: an error event of this type, then the close that belongs to it.
        case error(type: String)
    }

    public enum Bend: Hashable, Sendable {
        /// Each message waits this long behind the one before.
        case slow(Duration)
        /// Between the events come texts that are no events.
        case malformed
        /// Between the events come some of unknown types.
        case unknownEvents
        /// Every event has members that nobody asked for.
        case extraFields
        /// Every event but audio comes twice.
        case duplicates
        /// Neighbouring events change places; pieces of audio keep their order.
        case reordered
    }

    public enum OpenAIFault: Hashable, Sendable {
        /// `session.update` is never answered.
        case noUpdate
        /// `session.updated` names another format than was asked for, and the audio keeps to that.
        case wrongEcho
        /// The end of a response comes without its beginning.
        case noCreated
        /// The first response fails with this code.
        case failedResponse(code: String)
    }

    public enum ElevenLabsFault: Hashable, Sendable {
        /// The metadata never come; the agent speaks all the same.
        case noMetadata
        /// The metadata name a format that nobody knows.
        case unknownFormat
        /// A ping comes before the metadata.
        case earlyPing
        /// Event ids are strings.
        case textIDs
        /// Between the audio come audio events that hold none.
        case emptyAudio
        /// The reply behind an interruption has the interruption's own id.
        case sameID
        /// The agent hangs up and never closes.
        case noClose
        /// The caller waits this long in a queue before the metadata come.
        case queued(Duration)
        /// A signed URL is too old as soon as it is made.
        case staleURL
    }
}

extension Fault {
    static func close(code: UInt16, _ when: Moment) -> Fault { .timed(.close(code: code), when) }

    /// When it strikes; nil for what holds all the time.
    var moment: Moment? {
        if case .timed(_, let when) = self { when } else { nil }
    }

    /// Whether it has a meaning in one of these.
    public func isKnown(in spoken: [PracticeProtocol]) -> Bool {
        protocols.contains { spoken.contains($0) }
    }

    /// Where it has a meaning.
    var protocols: [PracticeProtocol] {
        switch self {
        case .openAI: [.openAI]
        case .elevenLabs, .timed(.error, _): [.elevenLabs]
        case .refuse, .badKey, .modelNotFound, .silent, .late, .burst, .twoItems, .wrongFormat, .oddDeltas, .lateDeltas,
            .doubleTool, .timed, .bent:
            PracticeProtocol.allCases
        }
    }
}
