/// Checks UTF-8 as it streams: pieces may be cut anywhere, and a wrong byte is refused as soon as it is seen.
///
/// Overlong forms, surrogates and code points past U+10FFFF are wrong at the first byte that makes them so.
public struct UTF8Validator: Hashable, Sendable {
    /// How many continuation bytes the character in progress still needs.
    private var pending: UInt8 = 0
    /// What the next continuation byte may be; narrower than 0x80...0xBF only right after some first bytes.
    private var lowest: UInt8 = 0x80
    private var highest: UInt8 = 0xBF

    public init() {}

    /// No character is cut in the middle, so the text may end here.
    public var isComplete: Bool { pending == 0 }

    /// Takes the next piece. False means that no continuation can make this text right.
    public mutating func accept(_ piece: Span<UInt8>) -> Bool {
        let end = piece.count
        var index = 0
        while index < end {
            let byte = piece[index]
            if pending > 0 {
                guard byte >= lowest, byte <= highest else { return false }
                pending &-= 1
                lowest = 0x80
                highest = 0xBF
                index &+= 1
            } else if byte < 0x80 {
                index = piece.endOfASCII(from: index &+ 1)
            } else {
                guard begin(byte) else { return false }
                index &+= 1
            }
        }
        return true
    }

    /// The first byte of a character of two to four bytes (Unicode 16, table 3-7).
    private mutating func begin(_ byte: UInt8) -> Bool {
        switch byte {
        case 0xC2...0xDF: pending = 1
        case 0xE0...0xEF:
            pending = 2
            if byte == 0xE0 { lowest = 0xA0 }
            if byte == 0xED { highest = 0x9F }
        case 0xF0...0xF4:
            pending = 3
            if byte == 0xF0 { lowest = 0x90 }
            if byte == 0xF4 { highest = 0x8F }
        default: return false
        }
        return true
    }
}

extension Span<UInt8> {
    /// Where the run of ASCII from `start` on ends.
    func endOfASCII(from start: Int) -> Int {
        var index = start
        while index &+ 8 <= count, word(at: index) & .highBits == 0 { index &+= 8 }
        while index < count, self[index] < 0x80 { index &+= 1 }
        return index
    }

    /// Whether all bytes are ASCII. Without an early way out, since text nearly always is.
    func isASCII() -> Bool {
        // SAFETY: every load stays within the buffer.
        unsafe withUnsafeBytes { buffer in
            var seen = SIMD4<UInt64>()
            var index = 0
            while index &+ 32 <= buffer.count {
                seen |= unsafe buffer.loadUnaligned(fromByteOffset: index, as: SIMD4<UInt64>.self)
                index &+= 32
            }
            var all = seen[0] | seen[1] | seen[2] | seen[3]
            while index < buffer.count {
                all |= unsafe UInt64(buffer[index])
                index &+= 1
            }
            return all & .highBits == 0
        }
    }
}
