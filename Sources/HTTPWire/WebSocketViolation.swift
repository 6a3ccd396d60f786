/// What a peer did against RFC 6455. The connection is closed with `closeCode`.
public enum WebSocketViolation: Error, Hashable, Sendable {
    case reservedBits
    case reservedOpcode(UInt8)
    case unmaskedFrame
    case maskedFrame
    case fragmentedControlFrame
    case longControlFrame
    case unexpectedContinuation
    case unfinishedMessage
    case wastefulLength
    case impossibleLength
    case invalidText
    case messageTooBig(limit: Int)
    case invalidClosePayload
    case invalidCloseCode(UInt16)
    case invalidCloseReason

    public var closeCode: UInt16 {
        switch self {
        case .invalidText, .invalidCloseReason: WebSocketCloseCode.invalidData
        case .messageTooBig: WebSocketCloseCode.tooBig
        case .reservedBits, .reservedOpcode, .unmaskedFrame, .maskedFrame, .fragmentedControlFrame, .longControlFrame,
            .unexpectedContinuation, .unfinishedMessage, .wastefulLength, .impossibleLength, .invalidClosePayload,
            .invalidCloseCode:
            WebSocketCloseCode.protocolError
        }
    }

    public var code: String {
        switch self {
        case .reservedBits: "websocket.reserved_bits"
        case .reservedOpcode: "websocket.reserved_opcode"
        case .unmaskedFrame: "websocket.unmasked"
        case .maskedFrame: "websocket.masked"
        case .fragmentedControlFrame: "websocket.fragmented_control"
        case .longControlFrame: "websocket.long_control"
        case .unexpectedContinuation: "websocket.unexpected_continuation"
        case .unfinishedMessage: "websocket.unfinished_message"
        case .wastefulLength: "websocket.wasteful_length"
        case .impossibleLength: "websocket.impossible_length"
        case .invalidText: "websocket.invalid_text"
        case .messageTooBig: "websocket.too_big"
        case .invalidClosePayload: "websocket.invalid_close"
        case .invalidCloseCode: "websocket.invalid_close_code"
        case .invalidCloseReason: "websocket.invalid_close_reason"
        }
    }

    /// One sentence for people; short enough for the reason of a close frame.
    public var message: String {
        switch self {
        case .reservedBits: "A frame has reserved bits set, but no extension was agreed on."
        case .reservedOpcode(let opcode): "Opcode \(opcode) is reserved."
        case .unmaskedFrame: "A client must mask its frames."
        case .maskedFrame: "A server must not mask its frames."
        case .fragmentedControlFrame: "A control frame must not be fragmented."
        case .longControlFrame: "A control frame carries at most 125 bytes."
        case .unexpectedContinuation: "A continuation frame came without a message to continue."
        case .unfinishedMessage: "A new message began before the one in progress was finished."
        case .wastefulLength: "A length is not written in its shortest form."
        case .impossibleLength: "A length has its top bit set."
        case .invalidText: "A text message is not UTF-8."
        case .messageTooBig(let limit): "A message is longer than \(limit) bytes."
        case .invalidClosePayload: "A close frame carries half a close code."
        case .invalidCloseCode(let code): "Close code \(code) must not be sent."
        case .invalidCloseReason: "The reason of a close frame is not UTF-8."
        }
    }
}
