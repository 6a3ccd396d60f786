/// Writes one JSON text into bytes, commas included. What it writes is valid and on one line, whatever the strings hold.
public struct JSONWriter: Sendable {
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    public init() {}

    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Forgets what was written and keeps the memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    /// Hands the bytes to `body`, for what is already JSON or goes around it, such as the end of a line.
    public mutating func withBytes(_ body: (inout [UInt8]) -> Void) {
        body(&bytes)
    }

    public mutating func object(_ members: (inout JSONWriter) -> Void) {
        nested(open: "{", close: "}", members)
    }

    public mutating func array(_ elements: (inout JSONWriter) -> Void) {
        nested(open: "[", close: "]", elements)
    }

    /// The name of the member whose value is written next.
    public mutating func key(_ name: String) {
        separate()
        appendQuoted(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    public mutating func string(_ value: String) {
        separate()
        appendQuoted(value)
        needsComma = true
    }

    public mutating func integer(_ value: some BinaryInteger) {
        raw(String(value))
    }

    /// JSON has no infinity and no "not a number"; they become strings rather than a lie.
    public mutating func number(_ value: Double) {
        guard value.isFinite else { return string(value.description) }
        guard let whole = Int64(exactly: value), whole.magnitude < 1 << 53 else { return raw(value.description) }
        integer(whole)
    }

    public mutating func bool(_ value: Bool) {
        raw(value ? "true" : "false")
    }

    public mutating func null() {
        raw("null")
    }

    /// A value that is JSON already, such as a number whose digits must stay as they are.
    public mutating func verbatim(_ json: String) {
        raw(json)
    }

    private mutating func raw(_ value: String) {
        separate()
        bytes.append(contentsOf: value.utf8)
        needsComma = true
    }

    private mutating func nested(open: Unicode.Scalar, close: Unicode.Scalar, _ content: (inout JSONWriter) -> Void) {
        separate()
        bytes.append(UInt8(ascii: open))
        needsComma = false
        content(&self)
        bytes.append(UInt8(ascii: close))
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func appendQuoted(_ value: String) {
        bytes.append(UInt8(ascii: "\""))
        if Self.isPlain(value.utf8.span) {
            bytes.append(contentsOf: value.utf8)
        } else {
            appendEscaped(value)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Nearly every string can go as it is.
    private static func isPlain(_ text: Span<UInt8>) -> Bool {
        for index in text.indices {
            switch text[index] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): return false
            case 0x20...0x7E: continue
            default: return false
            }
        }
        return true
    }

    private mutating func appendEscaped(_ value: String) {
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            case "\n": bytes.append(contentsOf: #"\n"#.utf8)
            case "\r": bytes.append(contentsOf: #"\r"#.utf8)
            case "\t": bytes.append(contentsOf: #"\t"#.utf8)
            case " "..."~": bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            default: appendOther(scalar)
            }
        }
    }

    /// Control characters must be escaped; those that act on a display are as well, since people read these lines.
    private mutating func appendOther(_ scalar: Unicode.Scalar) {
        guard VisibleText.actsOnDisplay(scalar) else {
            bytes.append(contentsOf: UTF8.encode(scalar)!)
            return
        }
        for unit in UTF16.encode(scalar)! {
            let hex = String(unit, radix: 16)
            bytes.append(contentsOf: #"\u"#.utf8)
            bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 4 - hex.utf8.count))
            bytes.append(contentsOf: hex.utf8)
        }
    }
}
