/// Close codes of RFC 6455 section 7.4 and of IANA's registry. Plain numbers, since a peer's code is kept as sent.
public enum WebSocketCloseCode {
    public static let normal: UInt16 = 1000
    public static let goingAway: UInt16 = 1001
    public static let protocolError: UInt16 = 1002
    public static let unsupportedData: UInt16 = 1003
    public static let invalidData: UInt16 = 1007
    public static let policyViolation: UInt16 = 1008
    public static let tooBig: UInt16 = 1009
    public static let internalError: UInt16 = 1011
    public static let serviceRestart: UInt16 = 1012
    public static let tryAgainLater: UInt16 = 1013

    /// Whether a close frame may carry `code`. 1005, 1006 and 1015 only name endings that had no such frame.
    public static func isSendable(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

/// What a close frame said.
public struct WebSocketClose: Hashable, Sendable {
    /// Exactly as sent; nil if the frame was empty.
    public let code: UInt16?
    public let reason: String

    public init(code: UInt16?, reason: String = "") {
        self.code = code
        self.reason = reason
    }

    /// - Parameter payload: What the frame carried, at most 125 bytes.
    init(payload: Span<UInt8>) throws(WebSocketViolation) {
        guard payload.count > 0 else {
            self.init(code: nil)
            return
        }
        guard payload.count > 1 else { throw .invalidClosePayload }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        guard WebSocketCloseCode.isSendable(code) else { throw .invalidCloseCode(code) }
        let reason = payload.extracting(droppingFirst: 2)
        do {
            self.init(code: code, reason: String(copying: try UTF8Span(validating: reason)))
        } catch {
            throw .invalidCloseReason
        }
    }
}
