/// Which bytes may stand where in a message head (RFC 9110 section 5, RFC 9112 sections 2 and 3).
enum FieldSyntax {
    /// Letters, digits and !#$%&'*+-.^_`|~ : names of methods, fields, codings and subprotocols.
    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "!"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"),
            UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^")...UInt8(ascii: "`"),
            UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    static func isToken(_ text: Span<UInt8>) -> Bool {
        text.count > 0 && text.allSatisfy(isTokenByte)
    }

    /// Text, blanks and raw bytes past ASCII, but no control character: nothing that could end a line.
    static func isValueByte(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != 0x7F || byte == 0x09
    }

    static func isValue(_ text: Span<UInt8>) -> Bool {
        text.allSatisfy(isValueByte)
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    static func isLetter(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
    }

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == 0x09
    }

    /// A request target that we serve: a path with an optional query, or `*` for OPTIONS.
    ///
    /// The absolute form, which only proxies need, is refused: with it a request names its host twice, and each rule
    /// about paths would have to see through it.
    static func isTarget(_ text: Span<UInt8>, for method: String) -> Bool {
        if text.count == 1, text[0] == UInt8(ascii: "*") { return method == "OPTIONS" }
        guard text.count > 0, text[0] == UInt8(ascii: "/") else { return false }
        return text.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }
    }

    /// `host` or `host:port`, the host being a name, an IPv4 address or an IPv6 address in brackets.
    static func isHost(_ text: Span<UInt8>) -> Bool {
        var end = 0
        if text.count > 0, text[0] == UInt8(ascii: "[") {
            end = 1
            while end < text.count, isHexDigit(text[end]) || isAddressMark(text[end]) { end += 1 }
            guard end > 2, end < text.count, text[end] == UInt8(ascii: "]") else { return false }
            end += 1
        } else {
            while end < text.count, isNameByte(text[end]) { end += 1 }
            guard end > 0 else { return false }
        }
        guard end < text.count else { return true }
        guard text[end] == UInt8(ascii: ":") else { return false }
        guard let port = number(text.extracting((end + 1)...), maximumDigits: 5) else { return false }
        return port <= 0xFFFF
    }

    /// Digits and nothing else, few enough that they cannot overflow.
    static func number(_ text: Span<UInt8>, maximumDigits: Int) -> Int? {
        guard text.count > 0, text.count <= min(maximumDigits, 18), text.allSatisfy(isDigit) else { return nil }
        var number = 0
        for index in text.indices { number = number * 10 + Int(text[index] - UInt8(ascii: "0")) }
        return number
    }

    static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "f")
    }

    private static func isAddressMark(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "_")
    }
}

extension Span<UInt8> {
    func allSatisfy(_ rule: (UInt8) -> Bool) -> Bool {
        for index in indices where !rule(self[index]) { return false }
        return true
    }

    /// Without blanks at either end.
    func trimmed() -> Range<Int> {
        var lower = 0
        var upper = count
        while lower < upper, FieldSyntax.isBlank(self[lower]) { lower += 1 }
        while upper > lower, FieldSyntax.isBlank(self[upper - 1]) { upper -= 1 }
        return lower..<upper
    }
}

extension String {
    /// Equal but for the case of ASCII letters.
    func equalsIgnoringCase(_ other: String) -> Bool {
        let mine = utf8.span
        let others = other.utf8.span
        guard mine.count == others.count else { return false }
        for index in mine.indices where mine[index] != others[index] {
            guard FieldSyntax.isLetter(mine[index]), mine[index] ^ others[index] == 0x20 else { return false }
        }
        return true
    }
}
