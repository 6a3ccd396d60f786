/// A way in which the practice upstream misbehaves. Written `name`, `name=value`, `name@when` or `name=value@when`.
public enum Fault: Hashable, Sendable {
    /// The upgrade is refused with this status and the body that the service sends with it.
    case refuse(status: Int)
    /// The upgrade succeeds; then an error says that the key is wrong, and the socket is closed with 3000.
    case badKey
    /// The upgrade succeeds; then the model is unknown, and the socket is closed with 4004.
    case modelNotFound
    /// The upgrade succeeds, and no event ever comes; pings are answered.
    case silent
    /// The upgrade succeeds, and `session.created` comes so much later.
    case late(Duration)
    /// `session.update` is never answered.
    case noUpdate
    /// The socket is closed with this code.
    case close(code: UInt16, Moment)
    /// The connection is reset, without a close frame.
    case reset(Moment)
    /// From then on nothing is read, nothing is sent, no ping answered; the connection stays.
    case halfOpen(Moment)
    /// Each message waits this long behind the one before.
    case slow(Duration)
    /// Every reply lasts this long and is sent at once.
    case burst(Duration)
    /// Every reply has two audio items, of two pitches.
    case twoItems
    /// The audio is not of the format that the session promised.
    case wrongFormat
    /// `session.updated` names another format than was asked for, and the audio keeps to that.
    case wrongEcho
    /// Audio comes in pieces of one byte, 159, 161 and so on, that respect neither frames nor samples.
    case oddDeltas
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
    /// The end of a response comes without its beginning.
    case noCreated
    /// After an interruption some audio of the old response still comes.
    case lateDeltas
    /// A tool call is told twice.
    case doubleTool
    /// The first responses fail with this code, as many as asked for.
    case failedResponse(code: String)
    /// Error `session_expired`, then close 1001.
    case sessionExpired(Moment)
    /// Error `insufficient_quota`; every response from then on fails.
    case quota(Moment)
}

extension Fault {
    /// When it strikes; nil for what holds all the time.
    var moment: Moment? {
        switch self {
        case .close(_, let when), .reset(let when), .halfOpen(let when), .sessionExpired(let when), .quota(let when):
            when
        case .refuse, .badKey, .modelNotFound, .silent, .late, .noUpdate, .slow, .burst, .twoItems, .wrongFormat,
            .wrongEcho, .oddDeltas, .malformed, .unknownEvents, .extraFields, .duplicates, .reordered, .noCreated,
            .lateDeltas, .doubleTool, .failedResponse:
            nil
        }
    }
}
