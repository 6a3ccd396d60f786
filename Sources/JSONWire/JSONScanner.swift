/// Walks over a JSON text (RFC 8259) and says where its values stand, without copying or allocating anything.
///
/// Grammar is checked to the last byte, so nothing inside a string passes for structure. UTF-8 is not: text from a
/// WebSocket has been checked, and `JSONValue` checks it itself. The caller hands every call the same text:
/// ```swift
/// var scanner = JSONScanner()
/// guard try scanner.enterObject(in: text) else { … }
/// while let key = try scanner.nextKey(in: text) {
///     if key.equals("event", in: text) { event = try scanner.value(in: text) } else { _ = try scanner.value(in: text) }
/// }
/// try scanner.end(in: text)
/// ```
/// A name that comes twice is told twice: let the last one win, as `JSONValue` does.
public struct JSONScanner: Sendable {
    public static let defaultDepthLimit = 32

    public private(set) var position = 0
    private var depth = 0
    /// Nothing stands before this place in the object or array that it is in.
    private var isFirst = true
    private let depthLimit: Int

    /// - Precondition: `depthLimit` is at most 256, since values are skipped by recursion.
    public init(depthLimit: Int = defaultDepthLimit) {
        precondition(depthLimit <= 256)
        self.depthLimit = depthLimit
    }

    /// The kind of the value that comes next.
    public mutating func kind(in text: Span<UInt8>) throws(JSONError) -> JSONKind {
        switch try byte(in: text) {
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        default: throw .malformed(at: position)
        }
    }

    /// Steps into an object. False, and nothing is consumed, when the next value is of another kind.
    public mutating func enterObject(in text: Span<UInt8>) throws(JSONError) -> Bool {
        guard try kind(in: text) == .object else { return false }
        try enter()
        return true
    }

    /// Steps into an array. False, and nothing is consumed, when the next value is of another kind.
    public mutating func enterArray(in text: Span<UInt8>) throws(JSONError) -> Bool {
        guard try kind(in: text) == .array else { return false }
        try enter()
        return true
    }

    /// The name of the next member, whose value must then be taken; nil at the object's end, which is stepped over.
    public mutating func nextKey(in text: Span<UInt8>) throws(JSONError) -> JSONSlice? {
        guard try step(orLeaveAt: UInt8(ascii: "}"), in: text) else { return nil }
        guard try byte(in: text) == UInt8(ascii: "\"") else { throw .malformed(at: position) }
        let key = try string(in: text)
        guard try byte(in: text) == UInt8(ascii: ":") else { throw .malformed(at: position) }
        position &+= 1
        return key
    }

    /// Whether another element comes, whose value must then be taken; false at the array's end, which is stepped over.
    public mutating func nextElement(in text: Span<UInt8>) throws(JSONError) -> Bool {
        try step(orLeaveAt: UInt8(ascii: "]"), in: text)
    }

    /// Takes the next value whole.
    public mutating func value(in text: Span<UInt8>) throws(JSONError) -> JSONSlice {
        let kind = try kind(in: text)
        let start = position
        switch kind {
        case .string: return try string(in: text)
        case .number: try skipNumber(in: text)
        case .null: try skipWord("null", in: text)
        case .bool: try skipWord(text[position] == UInt8(ascii: "t") ? "true" : "false", in: text)
        case .array:
            try enter()
            while try nextElement(in: text) { _ = try value(in: text) }
        case .object:
            try enter()
            while try nextKey(in: text) != nil { _ = try value(in: text) }
        }
        return JSONSlice(kind: kind, range: start..<position, isEscaped: false)
    }

    /// Checks that nothing but blanks is left.
    public mutating func end(in text: Span<UInt8>) throws(JSONError) {
        skipBlanks(in: text)
        guard position == text.count else { throw .malformed(at: position) }
    }

    private mutating func enter() throws(JSONError) {
        guard depth < depthLimit else { throw .tooDeep(limit: depthLimit) }
        depth &+= 1
        position &+= 1
        isFirst = true
    }

    /// Steps over the comma before a member or an element, or out at the end.
    @inline(__always)
    private mutating func step(orLeaveAt close: UInt8, in text: Span<UInt8>) throws(JSONError) -> Bool {
        let byte = try byte(in: text)
        if byte == close {
            position &+= 1
            depth &-= 1
            isFirst = false
            return false
        }
        if !isFirst {
            guard byte == UInt8(ascii: ",") else { throw .malformed(at: position) }
            position &+= 1
        }
        isFirst = false
        return true
    }

    /// The byte after any blanks, where the scanner then stands.
    @inline(__always)
    private mutating func byte(in text: Span<UInt8>) throws(JSONError) -> UInt8 {
        skipBlanks(in: text)
        guard position < text.count else { throw .malformed(at: position) }
        return text[position]
    }

    @inline(__always)
    private mutating func skipBlanks(in text: Span<UInt8>) {
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): position &+= 1
            default: return
            }
        }
    }

    // MARK: Strings, numbers, words

    private mutating func string(in text: Span<UInt8>) throws(JSONError) -> JSONSlice {
        let start = position &+ 1
        var end = start
        var isEscaped = false
        while true {
            end = text.endOfPlainText(from: end)
            guard end < text.count else { throw .malformed(at: end) }
            if text[end] == UInt8(ascii: "\"") { break }
            guard let escape = text.escapeByteCount(at: end) else { throw .malformed(at: end) }
            isEscaped = true
            end &+= escape
        }
        position = end &+ 1
        return JSONSlice(kind: .string, range: start..<end, isEscaped: isEscaped)
    }

    private mutating func skipNumber(in text: Span<UInt8>) throws(JSONError) {
        if text[position] == UInt8(ascii: "-") { position &+= 1 }
        if position < text.count, text[position] == UInt8(ascii: "0") {
            position &+= 1
        } else {
            try skipDigits(in: text)
        }
        if position < text.count, text[position] == UInt8(ascii: ".") {
            position &+= 1
            try skipDigits(in: text)
        }
        if position < text.count, text[position] | 0x20 == UInt8(ascii: "e") {
            position &+= 1
            if position < text.count, text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-") {
                position &+= 1
            }
            try skipDigits(in: text)
        }
    }

    private mutating func skipDigits(in text: Span<UInt8>) throws(JSONError) {
        let start = position
        while position < text.count, text[position].isDigit { position &+= 1 }
        guard position > start else { throw .malformed(at: position) }
    }

    private mutating func skipWord(_ word: StaticString, in text: Span<UInt8>) throws(JSONError) {
        guard text.count &- position >= word.utf8CodeUnitCount, text.hasBytes(of: word, at: position) else {
            throw .malformed(at: position)
        }
        position &+= word.utf8CodeUnitCount
    }
}
