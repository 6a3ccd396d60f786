/// Base64 of RFC 4648 with padding, written for plainness. Shares nothing with the product's.
public enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")
    /// What each character stands for; 64 for those that are none.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 64, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var bits: UInt32 = 0
        var count = 0
        let alphabet = alphabet.span
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                text.append(alphabet[Int(bits >> UInt32(count) & 63)])
            }
        }
        if count > 0 { text.append(alphabet[Int(bits << UInt32(6 - count) & 63)]) }
        while text.count % 4 != 0 { text.append(padding) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil unless the text is exactly what an encoder writes: whole groups, padding only at the end, no stray bits.
    public static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { characters in unsafe decode(characters.span) }
    }

    public static func decode(_ characters: Span<UInt8>) -> [UInt8]? {
        guard characters.count % 4 == 0 else { return nil }
        var bodyCount = characters.count
        while bodyCount > 0, bodyCount + 2 > characters.count, characters[bodyCount - 1] == padding { bodyCount -= 1 }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(bodyCount * 3 / 4)
        var bits: UInt32 = 0
        var count = 0
        let values = values.span
        for place in 0..<bodyCount {
            let value = values[Int(characters[place])]
            guard value < 64 else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        let leftover = bits & (1 << UInt32(count) - 1)
        return leftover == 0 ? bytes : nil
    }
}
