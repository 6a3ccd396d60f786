/// Writes frames into buffers that the caller owns. Nothing here allocates.
///
/// A client passes a fresh random `maskKey` for each frame; a server passes none.
public enum WebSocketFrame {
    /// The longest header that any frame can need.
    public static let maximumHeaderByteCount = 14

    public static func headerByteCount(payloadByteCount: Int, isMasked: Bool) -> Int {
        let length =
            switch payloadByteCount {
            case ...125: 2
            case ...0xFFFF: 4
            default: 10
            }
        return length + (isMasked ? 4 : 0)
    }

    public static func byteCount(payloadByteCount: Int, isMasked: Bool) -> Int {
        headerByteCount(payloadByteCount: payloadByteCount, isMasked: isMasked) + payloadByteCount
    }

    /// Writes a header to the front of `target` and returns how long it is.
    ///
    /// - Precondition: `target` has room for `headerByteCount(payloadByteCount:isMasked:)`.
    public static func writeHeader(
        _ opcode: WebSocketOpcode, isFinal: Bool = true, payloadByteCount: Int, maskKey: UInt32?,
        into target: inout MutableSpan<UInt8>
    ) -> Int {
        writeHeader(
            opcode, isFinal: isFinal, payloadByteCount: payloadByteCount, maskKey: maskKey, into: &target, at: 0)
    }

    /// Writes a frame from `start` on, its payload copied and masked in one pass, and returns where it ends.
    ///
    /// - Precondition: `target` has room there for `byteCount(payloadByteCount:isMasked:)`.
    public static func encode(
        _ opcode: WebSocketOpcode, isFinal: Bool = true, payload: Span<UInt8>, maskKey: UInt32?,
        into target: inout MutableSpan<UInt8>, at start: Int = 0
    ) -> Int {
        let header = writeHeader(
            opcode, isFinal: isFinal, payloadByteCount: payload.count, maskKey: maskKey, into: &target, at: start)
        WebSocketMask(key: maskKey ?? 0).copy(payload, to: &target, at: start + header)
        return start + header + payload.count
    }

    /// Makes a frame around a payload that already stands in `buffer` at `payload`: masks it in place and writes the
    /// header right in front of it. Returns where the frame begins; it ends where the payload does.
    ///
    /// - Precondition: in front of the payload is room for `headerByteCount(payloadByteCount:isMasked:)`.
    public static func wrap(
        _ opcode: WebSocketOpcode, isFinal: Bool = true, payload: Range<Int>, maskKey: UInt32?,
        in buffer: inout MutableSpan<UInt8>
    ) -> Int {
        let start = payload.lowerBound - headerByteCount(payloadByteCount: payload.count, isMasked: maskKey != nil)
        precondition(start >= 0, "no room for the header in front of the payload")
        _ = writeHeader(
            opcode, isFinal: isFinal, payloadByteCount: payload.count, maskKey: maskKey, into: &buffer, at: start)
        if let maskKey { _ = WebSocketMask(key: maskKey).apply(to: &buffer, in: payload) }
        return start
    }

    private static func writeHeader(
        _ opcode: WebSocketOpcode, isFinal: Bool, payloadByteCount: Int, maskKey: UInt32?,
        into target: inout MutableSpan<UInt8>, at start: Int
    ) -> Int {
        let maskBit: UInt8 = maskKey == nil ? 0 : 0x80
        target[start] = (isFinal ? 0x80 : 0) | opcode.rawValue
        var end = start + 2
        switch payloadByteCount {
        case ...125: target[start + 1] = maskBit | UInt8(payloadByteCount)
        case ...0xFFFF:
            target[start + 1] = maskBit | 126
            target[start + 2] = UInt8(truncatingIfNeeded: payloadByteCount >> 8)
            target[start + 3] = UInt8(truncatingIfNeeded: payloadByteCount)
            end = start + 4
        default:
            target[start + 1] = maskBit | 127
            end = target.write(UInt64(payloadByteCount), byteCount: 8, at: end)
        }
        if let maskKey { end = target.write(UInt64(maskKey), byteCount: 4, at: end) }
        return end - start
    }
}

extension WebSocketFrame {
    /// The longest close frame, header and mask key included.
    public static let maximumCloseByteCount = 2 + 4 + maximumControlPayload
    private static let maximumControlPayload = 125

    /// Writes a close frame to the front of `target` and returns how long it is.
    ///
    /// - Parameters:
    ///   - code: What to say; nil writes an empty frame, and then `reason` is dropped.
    ///   - reason: Cut to 123 bytes, between characters.
    /// - Precondition: `target` has room for `maximumCloseByteCount`.
    public static func encodeClose(
        code: UInt16?, reason: String = "", maskKey: UInt32?, into target: inout MutableSpan<UInt8>
    ) -> Int {
        guard let code else { return encode(.close, payload: Span(), maskKey: maskKey, into: &target) }
        assert(WebSocketCloseCode.isSendable(code), "close code \(code) must not be sent")
        let text = reason.utf8.span
        var kept = min(text.count, maximumControlPayload - 2)
        while kept > 0, kept < text.count, text[kept] & 0xC0 == 0x80 { kept -= 1 }
        let header = headerByteCount(payloadByteCount: 2 + kept, isMasked: maskKey != nil)
        let payload = header..<header + 2 + kept
        let reasonStart = target.write(UInt64(code), byteCount: 2, at: header)
        WebSocketMask(key: 0).copy(text.extracting(first: kept), to: &target, at: reasonStart)
        _ = wrap(.close, payload: payload, maskKey: maskKey, in: &target)
        return payload.upperBound
    }
}

extension MutableSpan<UInt8> {
    /// Writes the low `byteCount` bytes of `number`, highest first, and returns where they end.
    mutating func write(_ number: UInt64, byteCount: Int, at start: Int) -> Int {
        for index in 0..<byteCount {
            self[start + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * (byteCount - 1 - index)))
        }
        return start + byteCount
    }
}
