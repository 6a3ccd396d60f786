// Quoted strings and bare keys.
extension JSON5Parser {
    mutating func key() throws(JSON5Error) -> String {
        if scanner.current == "\"" || scanner.current == "'" { return try string() }
        var name = String.UnicodeScalarView()
        while let scalar = scanner.current {
            let position = scanner.position
            var next = scalar
            if scalar == "\\" {
                scanner.advance()
                guard scanner.skip("u") else { throw scanner.error("a bare key knows the escape \\u alone") }
                next = try hexadecimal(digits: 4, at: position)
            } else if Self.continuesName(scalar) {
                scanner.advance()
            } else {
                break
            }
            guard name.isEmpty ? Self.beginsName(next) : Self.continuesName(next) else {
                throw scanner.error("a bare key cannot hold this here; put the key in quotes", at: position)
            }
            name.append(next)
        }
        guard !name.isEmpty else { throw expected("a key or '}'") }
        return String(name)
    }

    mutating func string() throws(JSON5Error) -> String {
        let start = scanner.position
        let quote = scanner.take()
        var text = String.UnicodeScalarView()
        while let scalar = scanner.current, scalar != quote {
            guard scalar != "\n", scalar != "\r" else {
                throw scanner.error("this text has no closing quote on its line", at: start)
            }
            scanner.advance()
            if scalar != "\\" {
                text.append(scalar)
            } else if let escaped = try escape() {
                text.append(escaped)
            }
        }
        guard scanner.take() != nil else { throw scanner.error("this text has no closing quote", at: start) }
        return String(text)
    }

    /// What stands after a backslash; nil where it only continues the line.
    private mutating func escape() throws(JSON5Error) -> Unicode.Scalar? {
        let position = scanner.position
        guard let scalar = scanner.take() else { throw scanner.error("this escape has no end") }
        switch scalar {
        case "b": return "\u{08}"
        case "f": return "\u{0C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "v": return "\u{0B}"
        case "x": return try hexadecimal(digits: 2, at: position)
        case "u": return try unicodeEscape(at: position)
        case "\n", "\u{2028}", "\u{2029}":
            return nil
        case "\r":
            _ = scanner.skip("\n")
            return nil
        case "0":
            guard scanner.isAtDigit else { return "\0" }
            throw scanner.error("'\\0' must not be followed by a digit", at: position)
        case "1"..."9":
            throw scanner.error("'\\\(scalar)' is no escape", at: position)
        default:
            return scalar
        }
    }

    /// Four digits, or two times four for a character beyond them.
    private mutating func unicodeEscape(at position: SourcePosition) throws(JSON5Error) -> Unicode.Scalar {
        let first = try unit(digits: 4, at: position)
        guard UTF16.isLeadSurrogate(UInt16(first)), scanner.current == "\\", scanner.following == "u" else {
            return try scalar(first, at: position)
        }
        scanner.advance()
        scanner.advance()
        let second = try unit(digits: 4, at: position)
        guard UTF16.isTrailSurrogate(UInt16(second)) else { return try scalar(first, at: position) }
        return try scalar(0x10000 + (first & 0x3FF) << 10 + (second & 0x3FF), at: position)
    }

    private mutating func hexadecimal(digits: Int, at position: SourcePosition) throws(JSON5Error) -> Unicode.Scalar {
        try scalar(try unit(digits: digits, at: position), at: position)
    }

    private func scalar(_ value: UInt32, at position: SourcePosition) throws(JSON5Error) -> Unicode.Scalar {
        guard let scalar = Unicode.Scalar(value) else {
            throw scanner.error("half of a surrogate pair is no character", at: position)
        }
        return scalar
    }

    private mutating func unit(digits: Int, at position: SourcePosition) throws(JSON5Error) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = scanner.current.flatMap(Self.hexDigit) else {
                throw scanner.error("expected \(digits) hexadecimal digits", at: position)
            }
            value = value << 4 | digit
            scanner.advance()
        }
        return value
    }

    static func hexDigit(_ scalar: Unicode.Scalar) -> UInt32? {
        switch scalar {
        case "0"..."9": scalar.value - 0x30
        case "a"..."f": scalar.value - 0x61 + 10
        case "A"..."F": scalar.value - 0x41 + 10
        default: nil
        }
    }

    private static func beginsName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .letterNumber: true
        default: scalar == "$" || scalar == "_"
        }
    }

    static func continuesName(_ scalar: Unicode.Scalar) -> Bool {
        if beginsName(scalar) { return true }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .decimalNumber, .connectorPunctuation: return true
        default: return scalar == "\u{200C}" || scalar == "\u{200D}"
        }
    }
}
