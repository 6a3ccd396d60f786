import Testing

@testable import MediaCore

@Suite("Base64")
struct Base64Tests {
    private static let standardVectors = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]

    @Test("The vectors of RFC 4648 hold both ways", arguments: standardVectors)
    func vectors(plain: String, text: String) {
        #expect(encoded(Array(plain.utf8)) == text)
        #expect(decoded(text) == Array(plain.utf8))
    }

    @Test("Every length up to two frames of audio comes back as it was", arguments: 0...320)
    func lengths(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ count) }
        let text = encoded(bytes)
        #expect(text.utf8.count == Base64.encodedByteCount(count))
        #expect(Base64.maximumDecodedByteCount(text.utf8.count) >= count)
        #expect(decoded(text) == bytes)
    }

    @Test("Each byte in each place of three is written as the standard says")
    func everyByte() {
        for value in UInt8.min...UInt8.max {
            for place in 0..<3 {
                var bytes: [UInt8] = [0x5A, 0xC3, 0x99]
                bytes[place] = value
                #expect(encoded(bytes) == simpleEncoding(of: bytes))
            }
        }
    }

    @Test("Each byte in each place of a text is taken or refused as the standard says", arguments: [4, 8, 12, 16])
    func everyCharacter(count: Int) {
        for place in 0..<count {
            for value in UInt8.min...UInt8.max {
                var text = Array("TWFuTWFuTWFuTWFu".utf8.prefix(count))
                text[place] = value
                #expect(decodedBytes(text) == simpleDecoding(of: text), "\(value) at \(place)")
            }
        }
    }

    @Test(
        "What is not strict is refused",
        arguments: [
            "Zg", "Zg=", "Zg===", "Zm8", "Zm9v=", "Zm9v====", "====", "=", "Z===", "=g==", "Zh==", "Zm9=", "Zm8=Zm8=",
            "Zg==Zg==", "Zm9v\n", " Zm9v", "Zm 9", "Zm-v", "Zm_v", "Zm9vZ", "Zm9vZg=A", "Zm\u{C4}",
        ])
    func strictness(text: String) {
        #expect(decoded(text) == nil)
    }

    @Test("What does not fit is refused, what just fits is not")
    func room() {
        for count in 1...40 {
            let text = Array(encoded([UInt8](repeating: 7, count: count)).utf8)
            for room in 0...count {
                var target = [UInt8](repeating: 0, count: room)
                var span = target.mutableSpan
                #expect(Base64.decode(text.span, into: &span) == (room == count ? count : nil))
            }
        }
    }

    @Test("Encoding writes from the offset on and touches nothing else")
    func offset() {
        var target = [UInt8](repeating: 0xEE, count: 20)
        var span = target.mutableSpan
        let written = Base64.encode([1, 2, 3, 4, 5, 6, 7, 8].span, into: &span, at: 5)
        #expect(written == 12)
        #expect(target == [UInt8](repeating: 0xEE, count: 5) + Array("AQIDBAUGBwg=".utf8) + [0xEE, 0xEE, 0xEE])
    }

    private func encoded(_ bytes: [UInt8]) -> String {
        var target = [UInt8](repeating: 0, count: Base64.encodedByteCount(bytes.count))
        var span = target.mutableSpan
        let written = Base64.encode(bytes.span, into: &span)
        return String(decoding: target.prefix(written), as: UTF8.self)
    }

    private func decoded(_ text: String) -> [UInt8]? {
        decodedBytes(Array(text.utf8))
    }

    private func decodedBytes(_ text: [UInt8]) -> [UInt8]? {
        var target = [UInt8](repeating: 0, count: Base64.maximumDecodedByteCount(text.count))
        var span = target.mutableSpan
        return Base64.decode(text.span, into: &span).map { Array(target.prefix($0)) }
    }
}

private let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

/// Bit by bit, as one would explain it.
private func simpleEncoding(of bytes: [UInt8]) -> String {
    let bits = bytes.flatMap { byte in (0..<8).reversed().map { byte >> $0 & 1 } }
    let full = bits + [UInt8](repeating: 0, count: (6 - bits.count % 6) % 6)
    var text = stride(from: 0, to: full.count, by: 6).map { start in
        letters[Int(full[start..<start + 6].reduce(0) { $0 << 1 | $1 })]
    }
    while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
    return String(decoding: text, as: UTF8.self)
}

/// What encodes to exactly this text, or nil.
private func simpleDecoding(of text: [UInt8]) -> [UInt8]? {
    let body = text.prefix { $0 != UInt8(ascii: "=") }
    let values = body.compactMap { letters.firstIndex(of: $0) }
    let bits = values.flatMap { value in (0..<6).reversed().map { value >> $0 & 1 } }
    let bytes = stride(from: 0, to: bits.count / 8 * 8, by: 8).map { start in
        UInt8(bits[start..<start + 8].reduce(0) { $0 << 1 | $1 })
    }
    return simpleEncoding(of: bytes) == String(decoding: text, as: UTF8.self) ? bytes : nil
}
