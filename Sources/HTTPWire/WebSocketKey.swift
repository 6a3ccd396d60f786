internal import Digests

/// The key that a WebSocket client makes up, and the proof that the server read it (RFC 6455 section 4).
struct WebSocketKey: Hashable, Sendable {
    static let byteCount = 16

    let text: String

    /// A client's key. The bytes should be random; the protocol wants 16.
    init(bytes: InlineArray<16, UInt8>) {
        text = Self.base64(bytes.span)
    }

    /// A key as it came; nil if it is not base64 of 16 bytes. The four bits that no byte uses may be anything.
    init?(text: String) {
        let bytes = text.utf8.span
        guard bytes.count == 24, bytes[22] == UInt8(ascii: "="), bytes[23] == UInt8(ascii: "=") else { return nil }
        guard bytes.extracting(first: 22).allSatisfy(Self.isBase64Byte) else { return nil }
        self.text = text
    }

    var accept: String {
        let proof = Array((text + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
        return Self.base64(SHA1.digest(of: proof.span).span)
    }

    private static func isBase64Byte(_ byte: UInt8) -> Bool {
        FieldSyntax.isLetter(byte) || FieldSyntax.isDigit(byte) || byte == UInt8(ascii: "+")
            || byte == UInt8(ascii: "/")
    }

    private static func base64(_ bytes: Span<UInt8>) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var bits = 0
            for index in 0..<3 { bits = bits << 8 | (index < count ? Int(bytes[start + index]) : 0) }
            for index in 0..<4 {
                text.append(index <= count ? alphabet[bits >> (18 - 6 * index) & 0x3F] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
