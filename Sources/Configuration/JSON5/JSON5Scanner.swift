/// Walks over the characters of a text and knows at each where it is.
struct JSON5Scanner {
    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var line = 1
    private var column = 1

    init(_ bytes: [UInt8], sizeLimit: Int) throws(JSON5Error) {
        guard bytes.count <= sizeLimit else {
            throw JSON5Error(
                code: .tooLarge, message: "more than \(sizeLimit) bytes", position: SourcePosition(line: 1, column: 1))
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Self.invalidUTF8(bytes)
        }
        let scalars = Array(text.unicodeScalars)
        self.scalars = scalars.first == "\u{FEFF}" ? Array(scalars.dropFirst()) : scalars
    }

    var position: SourcePosition { SourcePosition(line: line, column: column) }

    /// The character here; nil at the end.
    var current: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    var following: Unicode.Scalar? { index + 1 < scalars.count ? scalars[index + 1] : nil }

    var isAtDigit: Bool { current.map(Self.isDigit) ?? false }

    static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
        ("0"..."9").contains(scalar)
    }

    mutating func advance() {
        guard let scalar = current else { return }
        index += 1
        // A carriage return before a newline is half of one line's end.
        if scalar == "\n" || scalar == "\r" && current != "\n" {
            line += 1
            column = 1
        } else {
            column += 1
        }
    }

    mutating func take() -> Unicode.Scalar? {
        defer { advance() }
        return current
    }

    /// Steps over `scalar` if it stands here.
    mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard current == scalar else { return false }
        advance()
        return true
    }

    mutating func takeWhile(_ belongs: (Unicode.Scalar) -> Bool) -> String {
        var taken = String.UnicodeScalarView()
        while let scalar = current, belongs(scalar) {
            taken.append(scalar)
            advance()
        }
        return String(taken)
    }

    func error(_ message: String, at position: SourcePosition? = nil) -> JSON5Error {
        JSON5Error(code: .syntax, message: message, position: position ?? self.position)
    }

    /// What stands here, as a reader would name it.
    var found: String {
        switch current {
        case nil: "the end of the file"
        case "\n", "\r": "the end of the line"
        case let scalar?: "'\(String(scalar).debugDescription.dropFirst().dropLast())'"
        }
    }

    private static func invalidUTF8(_ bytes: [UInt8]) -> JSON5Error {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var line = 1
        var column = 1
        while case .scalarValue(let scalar) = decoder.decode(&iterator) {
            (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
        }
        return JSON5Error(
            code: .notUTF8, message: "these bytes are no UTF-8", position: SourcePosition(line: line, column: column))
    }
}
