/// What a frame carries (RFC 6455 section 5.2).
public enum WebSocketOpcode: UInt8, Sendable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    var isControl: Bool { rawValue & 0x8 != 0 }
}

/// The first two bytes of a frame, checked as far as they alone can be.
struct WebSocketFrameStart {
    let opcode: WebSocketOpcode
    let isFinal: Bool

    @inline(__always)
    init(_ byte: UInt8) throws(WebSocketViolation) {
        guard byte & 0x70 == 0 else { throw .reservedBits }
        guard let opcode = WebSocketOpcode(rawValue: byte & 0x0F) else { throw .reservedOpcode(byte & 0x0F) }
        self.opcode = opcode
        isFinal = byte & 0x80 != 0
        guard isFinal || !opcode.isControl else { throw .fragmentedControlFrame }
    }

    /// How many more bytes the second byte makes the header have: the length past 125, and the mask key.
    @inline(__always)
    func extraByteCount(_ byte: UInt8, from role: WebSocketRole) throws(WebSocketViolation) -> Int {
        let isMasked = byte & 0x80 != 0
        switch role {
        case .server: guard isMasked else { throw .unmaskedFrame }
        case .client: guard !isMasked else { throw .maskedFrame }
        }
        let key = isMasked ? 4 : 0
        switch byte & 0x7F {
        case 126, 127:
            guard !opcode.isControl else { throw .longControlFrame }
            return key + (byte & 0x7F == 126 ? 2 : 8)
        default: return key
        }
    }
}
