/// The masking of RFC 6455 section 5.3: each payload byte xored with a byte of a four-byte key, in turn.
struct WebSocketMask {
    /// The key twice over, its first byte lowest, turned so that the lowest byte meets the next payload byte.
    let word: UInt64

    /// - Parameter key: The key as it stands on the wire, read as a big-endian number.
    @inline(__always)
    init(key: UInt32) {
        let turned = UInt64(key.byteSwapped)
        word = turned << 32 | turned
    }

    private init(word: UInt64) { self.word = word }

    /// The mask for what follows `count` bytes.
    @inline(__always)
    func advanced(by count: Int) -> WebSocketMask {
        let bits = UInt64(truncatingIfNeeded: count & 3) &* 8
        return WebSocketMask(word: word &>> bits | word &<< (64 &- bits))
    }

    /// Masks or unmasks `range` in place, and says whether the result is ASCII.
    func apply(to bytes: inout MutableSpan<UInt8>, in range: Range<Int>) -> Bool {
        var seen: UInt64 = 0
        var index = range.lowerBound
        while index &+ 8 <= range.upperBound {
            let masked = bytes.span.word(at: index) ^ word
            bytes.setWord(masked, at: index)
            seen |= masked
            index &+= 8
        }
        var rest = word
        while index < range.upperBound {
            bytes[index] ^= UInt8(truncatingIfNeeded: rest)
            seen |= UInt64(bytes[index])
            rest &>>= 8
            index &+= 1
        }
        return seen & .highBits == 0
    }

    /// Writes `source` masked to `target` from `offset` on: copy and mask in one pass.
    func copy(_ source: Span<UInt8>, to target: inout MutableSpan<UInt8>, at offset: Int) {
        let count = source.count
        var index = 0
        while index &+ 8 <= count {
            target.setWord(source.word(at: index) ^ word, at: offset &+ index)
            index &+= 8
        }
        var rest = word
        while index < count {
            target[offset &+ index] = source[index] ^ UInt8(truncatingIfNeeded: rest)
            rest &>>= 8
            index &+= 1
        }
    }
}
