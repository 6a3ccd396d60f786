/// Where a value, or a member's name, stands in its text.
public struct JSONSlice: Hashable, Sendable {
    public let kind: JSONKind
    /// The bytes of the value; for a string those between its quotes, as they are written.
    public let range: Range<Int>
    /// A string whose bytes are not yet what it stands for. Base64 may come so, since some write `/` as `\/`.
    public let isEscaped: Bool

    /// Whether this string stands for just these characters, however it is written.
    @inlinable
    public func equals(_ literal: StaticString, in text: Span<UInt8>) -> Bool {
        guard isEscaped else {
            return range.count == literal.utf8CodeUnitCount && kind == .string
                && text.hasBytes(of: literal, at: range.lowerBound)
        }
        return equalsUnescaped(literal, in: text)
    }

    @usableFromInline
    func equalsUnescaped(_ literal: StaticString, in text: Span<UInt8>) -> Bool {
        literal.withBytes { equals($0, in: text) }
    }

    /// Whether this string stands for just these bytes, however it is written.
    public func equals(_ bytes: Span<UInt8>, in text: Span<UInt8>) -> Bool {
        guard kind == .string else { return false }
        guard isEscaped else { return range.count == bytes.count && text.hasBytes(of: bytes, at: range.lowerBound) }
        var characters = JSONCharacters(range)
        for index in bytes.indices {
            guard characters.next(in: text) == bytes[index] else { return false }
        }
        return characters.next(in: text) == nil
    }

    /// What the string stands for. Half of a surrogate pair, and bytes that are no UTF-8, become U+FFFD.
    public func string(in text: Span<UInt8>) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        var characters = JSONCharacters(range)
        while let byte = characters.next(in: text) { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Writes the bytes that the string stands for to the front of `target` and returns how many, or nil where they
    /// do not fit. `range.count` bytes always suffice.
    public func unescape(_ text: Span<UInt8>, into target: inout MutableSpan<UInt8>) -> Int? {
        var characters = JSONCharacters(range)
        var count = 0
        while let byte = characters.next(in: text) {
            guard count < target.count else { return nil }
            target[count] = byte
            count &+= 1
        }
        return count
    }

    /// A whole number that is not negative, written as a JSON number or as a string of digits; nil for anything else
    /// or too large. Carriers mix the two.
    public func decimal(in text: Span<UInt8>) -> Int64? {
        guard kind == .string || kind == .number, !range.isEmpty, !isEscaped else { return nil }
        var value: Int64 = 0
        for index in range {
            let byte = text[index]
            guard byte.isDigit else { return nil }
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowOfSum) = tenfold.addingReportingOverflow(Int64(byte &- UInt8(ascii: "0")))
            guard !overflow, !overflowOfSum else { return nil }
            value = sum
        }
        return value
    }
}

/// The bytes that a string stands for, one after the other, its escapes resolved.
struct JSONCharacters {
    private var position: Int
    private let end: Int
    /// The rest of an escaped character in UTF-8, the next byte lowest; never holds a zero byte that counts.
    private var rest: UInt32 = 0

    init(_ range: Range<Int>) {
        position = range.lowerBound
        end = range.upperBound
    }

    mutating func next(in text: Span<UInt8>) -> UInt8? {
        if rest != 0 {
            defer { rest >>= 8 }
            return UInt8(truncatingIfNeeded: rest)
        }
        guard position < end else { return nil }
        let byte = text[position]
        guard byte == UInt8(ascii: "\\") else {
            position &+= 1
            return byte
        }
        let mark = text[position &+ 1]
        position &+= 2
        switch mark {
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "u"): return begin(scalar(in: text))
        default: return mark
        }
    }

    /// Gives the first byte and keeps the others.
    private mutating func begin(_ scalar: Unicode.Scalar) -> UInt8 {
        let bytes = UTF8.encode(scalar)!
        var shift: UInt32 = 0
        for byte in bytes.dropFirst() {
            rest |= UInt32(byte) << shift
            shift += 8
        }
        return bytes[bytes.startIndex]
    }

    /// After `\u`: one scalar, or two halves of one.
    private mutating func scalar(in text: Span<UInt8>) -> Unicode.Scalar {
        let unit = text.hexUnit(at: position)
        position &+= 4
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xDC00, end &- position >= 6, text[position] == UInt8(ascii: "\\"),
            text[position &+ 1] == UInt8(ascii: "u")
        else { return "\u{FFFD}" }
        let second = text.hexUnit(at: position &+ 2)
        guard (0xDC00...0xDFFF).contains(second) else { return "\u{FFFD}" }
        position &+= 6
        return Unicode.Scalar(0x1_0000 + (unit & 0x3FF) << 10 + (second & 0x3FF)) ?? "\u{FFFD}"
    }
}
