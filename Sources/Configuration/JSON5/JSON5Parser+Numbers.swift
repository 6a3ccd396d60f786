// Decimal and hexadecimal numbers, signs, Infinity and NaN.
extension JSON5Parser {
    mutating func number() throws(JSON5Error) -> JSON5Node.Value {
        let start = scanner.position
        var isNegative = false
        if scanner.current == "+" || scanner.current == "-" {
            isNegative = scanner.current == "-"
            scanner.advance()
        }
        let value: JSON5Node.Value
        switch (scanner.current, scanner.following) {
        case ("I", _), ("N", _):
            value = try special(isNegative: isNegative, at: start)
        case ("0", "x"), ("0", "X"):
            value = try hexadecimalNumber(isNegative: isNegative, at: start)
        default:
            value = try decimal(isNegative: isNegative, at: start)
        }
        if let next = scanner.current, Self.continuesName(next) || next == "." {
            throw scanner.error("this number goes on with '\(next)'", at: start)
        }
        return value
    }

    private mutating func special(
        isNegative: Bool, at start: SourcePosition
    ) throws(JSON5Error) -> JSON5Node.Value {
        switch scanner.takeWhile(Self.continuesName) {
        case "Infinity": return .number(isNegative ? -.infinity : .infinity)
        case "NaN": return .number(.nan)
        default: throw scanner.error("this is no number", at: start)
        }
    }

    private mutating func hexadecimalNumber(
        isNegative: Bool, at start: SourcePosition
    ) throws(JSON5Error) -> JSON5Node.Value {
        scanner.advance()
        scanner.advance()
        let digits = scanner.takeWhile { Self.hexDigit($0) != nil }
        guard !digits.isEmpty else { throw scanner.error("'0x' needs digits after it", at: start) }
        if let whole = Int64((isNegative ? "-" : "") + digits, radix: 16) { return .integer(whole) }
        let magnitude = digits.unicodeScalars.reduce(0.0) { $0 * 16 + Double(Self.hexDigit($1) ?? 0) }
        return .number(isNegative ? -magnitude : magnitude)
    }

    private mutating func decimal(
        isNegative: Bool, at start: SourcePosition
    ) throws(JSON5Error) -> JSON5Node.Value {
        let whole = takeDigits()
        var text = (isNegative ? "-" : "") + (whole.isEmpty ? "0" : whole)
        guard whole.count < 2 || !whole.hasPrefix("0") else {
            throw scanner.error("a number does not begin with 0 and another digit", at: start)
        }
        var fraction = ""
        var isWhole = true
        if scanner.skip(".") {
            fraction = takeDigits()
            isWhole = false
            text += "." + (fraction.isEmpty ? "0" : fraction)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { throw scanner.error("expected a number", at: start) }
        if scanner.skip("e") || scanner.skip("E") {
            isWhole = false
            let sign = scanner.skip("-") ? "-" : ""
            if sign.isEmpty { _ = scanner.skip("+") }
            let exponent = takeDigits()
            guard !exponent.isEmpty else { throw scanner.error("this exponent has no digits", at: start) }
            text += "e\(sign)\(exponent)"
        }
        // "-0" stays a Double, the only number in which it differs from 0.
        if isWhole, text != "-0", let value = Int64(text) { return .integer(value) }
        guard let value = Double(text) else { throw scanner.error("this is no number", at: start) }
        return .number(value)
    }

    private mutating func takeDigits() -> String {
        scanner.takeWhile(JSON5Scanner.isDigit)
    }
}
