internal import CWideBytes

extension Span<UInt8> {
    /// Where the next byte stands that means something inside a string: a quote, a backslash, or a control character
    /// that must not be there. The text's end if there is none.
    @inline(__always)
    func endOfPlainText(from start: Int) -> Int {
        var index = start
        while index &+ 8 <= count {
            let word = word(at: index)
            // A difference has its top bit set where a byte of plain ASCII is below 0x20, or equal to the one that was
            // mixed in. A borrow can only reach the bytes above the first one found.
            let differences =
                (word &- 0x2020_2020_2020_2020) | ((word ^ 0x2222_2222_2222_2222) &- 0x0101_0101_0101_0101)
                | ((word ^ 0x5C5C_5C5C_5C5C_5C5C) &- 0x0101_0101_0101_0101)
            let found = differences & ~word & 0x8080_8080_8080_8080
            if found != 0 { return index &+ found.trailingZeroBitCount / 8 }
            index &+= 8
            // What is longer than a word may be long.
            if index == start &+ 8 { index &+= widePlainText(from: index) }
        }
        while index < count, self[index] >= 0x20, self[index] != UInt8(ascii: "\""), self[index] != UInt8(ascii: "\\") {
            index &+= 1
        }
        return index
    }

    /// How much of it the processor finds by itself, if it can.
    @inline(__always)
    private func widePlainText(from start: Int) -> Int {
        guard count &- start >= 32 else { return 0 }
        // SAFETY: it is told how much is there, and the pointer is used only here.
        return unsafe extracting(start...).withUnsafeBufferPointer { text in
            guard let first = text.baseAddress else { return 0 }
            return unsafe wide_plain_text(first, text.count)
        }
    }

    /// How long the escape is that stands here; nil when there is none.
    func escapeByteCount(at start: Int) -> Int? {
        guard self[start] == UInt8(ascii: "\\"), start &+ 1 < count else { return nil }
        switch self[start &+ 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return 2
        case UInt8(ascii: "u"):
            guard start &+ 6 <= count else { return nil }
            for index in start &+ 2..<start &+ 6 where self[index].hexDigit == nil { return nil }
            return 6
        default: return nil
        }
    }

    /// The value of four hexadecimal digits; a byte that is none counts as 0.
    func hexUnit(at start: Int) -> UInt32 {
        var unit: UInt32 = 0
        for index in start..<start &+ 4 { unit = unit << 4 | UInt32(self[index].hexDigit ?? 0) }
        return unit
    }

    /// Whether these bytes stand at `start`.
    ///
    /// - Precondition: As many bytes are there.
    @usableFromInline
    func hasBytes(of literal: StaticString, at start: Int) -> Bool {
        literal.withBytes { hasBytes(of: $0, at: start) }
    }

    /// The same for bytes that are known only when it runs.
    func hasBytes(of other: Span<UInt8>, at start: Int) -> Bool {
        guard other.count >= 8 else { return hasFewBytes(of: other, at: start) }
        // Whole words, the last of which may overlap the one before it.
        var index = 0
        while index < other.count {
            let place = Swift.min(index, other.count &- 8)
            guard word(at: start &+ place) == other.word(at: place) else { return false }
            index &+= 8
        }
        return true
    }

    /// Two half words, which may overlap, or byte by byte.
    private func hasFewBytes(of other: Span<UInt8>, at start: Int) -> Bool {
        guard other.count >= 4 else {
            for index in other.indices where self[start &+ index] != other[index] { return false }
            return true
        }
        let last = other.count &- 4
        return halfWord(at: start) == other.halfWord(at: 0) && halfWord(at: start &+ last) == other.halfWord(at: last)
    }

    @inline(__always)
    private func halfWord(at offset: Int) -> UInt32 {
        // SAFETY: bytes have no padding, every bit pattern is a UInt32, and the span checks the bounds.
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
    }

    @inline(__always)
    private func word(at offset: Int) -> UInt64 {
        // SAFETY: bytes have no padding, every bit pattern is a UInt64, and the span checks the bounds.
        UInt64(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}

extension StaticString {
    @inline(__always)
    func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        // SAFETY: a literal's bytes live for ever, and there are `utf8CodeUnitCount` of them.
        let bytes = unsafe Span(_unsafeStart: utf8Start, count: utf8CodeUnitCount)
        return body(bytes)
    }
}

extension UInt8 {
    var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

    var hexDigit: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self &- UInt8(ascii: "a") &+ 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self &- UInt8(ascii: "A") &+ 10
        default: nil
        }
    }
}
