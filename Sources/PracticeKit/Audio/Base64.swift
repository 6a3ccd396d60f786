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
        String(decoding: characters(of: Array(bytes)), as: UTF8.self)
    }

    /// The same, to be put into other text.
    public static func characters(of bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        let alphabet = alphabet.span
        var place = 0
        while place + 3 <= bytes.count {
            let bits = Int(bytes[place]) << 16 | Int(bytes[place + 1]) << 8 | Int(bytes[place + 2])
            text.append(alphabet[bits >> 18])
            text.append(alphabet[bits >> 12 & 63])
            text.append(alphabet[bits >> 6 & 63])
            text.append(alphabet[bits & 63])
            place += 3
        }
        if place < bytes.count { text += lastGroup(bytes[place...]) }
        return text
    }

    /// One or two bytes, with padding.
    private static func lastGroup(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var bits = 0
        for byte in bytes { bits = bits << 8 | Int(byte) }
        bits <<= 8 * (3 - bytes.count)
        let text = [18, 12, 6, 0].map { alphabet[bits >> $0 & 63] }
        return Array(text.prefix(bytes.count + 1)) + repeatElement(padding, count: 3 - bytes.count)
    }

    /// Nil unless the text is exactly what an encoder writes: whole groups, padding only at the end, no stray bits.
    public static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { characters in unsafe decode(characters.span) }
    }

    public static func decode(_ characters: Span<UInt8>) -> [UInt8]? {
        guard characters.count % 4 == 0 else { return nil }
        var end = characters.count
        while end > 0, end + 2 > characters.count, characters[end - 1] == padding { end -= 1 }
        var bytes = [UInt8](repeating: 0, count: end / 4 * 3)
        var target = bytes.mutableSpan
        let values = values.span
        var place = 0
        var count = 0
        var all: UInt8 = 0
        while place + 4 <= end {
            let (one, two) = (values[Int(characters[place])], values[Int(characters[place + 1])])
            let (three, four) = (values[Int(characters[place + 2])], values[Int(characters[place + 3])])
            all |= one | two | three | four
            target[count] = one << 2 | two >> 4
            target[count + 1] = two << 4 | three >> 2
            target[count + 2] = three << 6 | four
            place += 4
            count += 3
        }
        guard all < 64 else { return nil }
        guard place < end else { return bytes }
        return lastBytes(characters.extracting(place..<end)).map { bytes + $0 }
    }

    /// Of a group of two or three characters; nil where bits are left over.
    private static func lastBytes(_ characters: Span<UInt8>) -> [UInt8]? {
        var bits: UInt32 = 0
        for index in characters.indices {
            let value = values[Int(characters[index])]
            guard value < 64 else { return nil }
            bits = bits << 6 | UInt32(value)
        }
        switch characters.count {
        case 2 where bits & 15 == 0: return [UInt8(truncatingIfNeeded: bits >> 4)]
        case 3 where bits & 3 == 0:
            return [UInt8(truncatingIfNeeded: bits >> 10), UInt8(truncatingIfNeeded: bits >> 2)]
        default: return nil
        }
    }
}
