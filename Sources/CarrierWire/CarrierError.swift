public import JSONWire

/// What is wrong with something that a carrier sent, or with what we were about to send it.
public enum CarrierError: Error, Hashable, Sendable {
    /// A message on the media socket is not JSON, or not of the shape that its event has.
    case message(JSONError)
    case payloadNotBase64
    case payloadTooLong(limit: Int)

    public var code: String {
        switch self {
        case .message(let problem) where problem.isShape: "carrier.message_shape"
        case .message: "carrier.message_malformed"
        case .payloadNotBase64: "carrier.payload_not_base64"
        case .payloadTooLong: "carrier.payload_too_long"
        }
    }

    public var message: String {
        switch self {
        case .message(let problem): "The carrier sent a message that cannot be read. \(problem.message)"
        case .payloadNotBase64: "The carrier sent audio that is not base64."
        case .payloadTooLong(let limit): "The carrier sent more than \(limit) bytes of audio in one message."
        }
    }
}
