public import JSONWire
public import Wording

/// Something went wrong upstream and the conversation goes on.
public enum UpstreamWarning: Hashable, Sendable {
    /// No JSON, or none that says what it is.
    case malformedMessage(detail: PeerText)
    /// A known message in which a field is missing or of another type than promised.
    case unexpectedField(message: String, problem: JSONError)
    /// A message of a type that nobody told us about; it was skipped.
    case unknownMessage(type: PeerText)
    /// The upstream would not cut its memory to what the caller heard; playback here was cut all the same.
    case truncationRefused(detail: PeerText)
    /// Asked for something that was not possible at that moment; nothing is lost.
    case badTiming(detail: PeerText)
    /// The upstream refused one of our requests.
    case requestRefused(detail: PeerText)
    /// A response failed; the session asks again where that makes sense.
    case responseFailed(detail: PeerText)
    /// A response ended before its end: too long, or stopped by a content filter.
    case responseCutShort(detail: PeerText)
    /// The account is at its limit; the session waits before it asks for the next response.
    case throttled(wait: Duration, detail: PeerText)
    case transcriptionFailed(detail: PeerText)
    /// A command names an item that is not known, or not any more.
    case unknownItem
    /// The upstream reports an error that changes nothing for us.
    case vendorError(detail: PeerText)

    public var code: String {
        switch self {
        case .malformedMessage: "upstream.malformed_message"
        case .unexpectedField: "upstream.unexpected_field"
        case .unknownMessage: "upstream.unknown_message"
        case .truncationRefused: "upstream.truncation_refused"
        case .badTiming: "upstream.bad_timing"
        case .requestRefused: "upstream.request_refused"
        case .responseFailed: "upstream.response_failed"
        case .responseCutShort: "upstream.response_cut_short"
        case .throttled: "upstream.throttled"
        case .transcriptionFailed: "upstream.transcription_failed"
        case .unknownItem: "upstream.unknown_item"
        case .vendorError: "upstream.vendor_error"
        }
    }

    public var message: String {
        switch self {
        case .malformedMessage(let detail): "A message from the voice service cannot be read: \(detail)"
        case .unexpectedField(let message, let problem):
            "A message '\(message)' from the voice service is not as promised. \(problem.message)"
        case .unknownMessage(let type): "A message '\(type)' from the voice service is not known and was skipped."
        case .truncationRefused(let detail): "The voice service did not shorten what was said: \(detail)"
        case .badTiming(let detail): "The voice service could not do this now: \(detail)"
        case .requestRefused(let detail): "The voice service refused a request: \(detail)"
        case .responseFailed(let detail): "The voice service could not finish a response: \(detail)"
        case .responseCutShort(let detail): "The voice service cut a response short: \(detail)"
        case .throttled(let wait, let detail): "The next response waits \(wait) for the account's limit: \(detail)"
        case .transcriptionFailed(let detail): "What the caller said could not be written down: \(detail)"
        case .unknownItem: "Something that the agent said is not known to the session any more."
        case .vendorError(let detail): "The voice service reports: \(detail)"
        }
    }
}
