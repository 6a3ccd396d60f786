/// Reads JSON5: JSON with comments, trailing commas, single quotes, bare keys and a few more ways to write numbers.
public struct JSON5Parser {
    public static let depthLimit = 32
    public static let defaultSizeLimit = 1_024 * 1_024

    var scanner: JSON5Scanner
    private var depth = 0

    public static func parse(
        _ bytes: [UInt8], sizeLimit: Int = defaultSizeLimit
    ) throws(JSON5Error) -> JSON5Node {
        var parser = JSON5Parser(scanner: try JSON5Scanner(bytes, sizeLimit: sizeLimit))
        try parser.skipBlanks()
        let node = try parser.value()
        try parser.skipBlanks()
        guard parser.scanner.current == nil else { throw parser.expected("the end of the file") }
        return node
    }

    private init(scanner: JSON5Scanner) {
        self.scanner = scanner
    }

    private mutating func value() throws(JSON5Error) -> JSON5Node {
        let position = scanner.position
        switch scanner.current {
        case "{": return JSON5Node(.object(try object()), at: position)
        case "[": return JSON5Node(.array(try array()), at: position)
        case "\"", "'": return JSON5Node(.string(try string()), at: position)
        case "+", "-", ".": return JSON5Node(try number(), at: position)
        case _ where scanner.isAtDigit: return JSON5Node(try number(), at: position)
        default: return JSON5Node(try word(), at: position)
        }
    }

    private mutating func object() throws(JSON5Error) -> [JSON5Node.Member] {
        try enter()
        var members: [JSON5Node.Member] = []
        var names: Set<String> = []
        while true {
            try skipBlanks()
            if scanner.skip("}") { break }
            let position = scanner.position
            let name = try key()
            guard names.insert(name).inserted else {
                throw JSON5Error(code: .duplicateKey, message: "'\(name)' is given twice", position: position)
            }
            try skipBlanks()
            guard scanner.skip(":") else { throw expected("':' after the key '\(name)'") }
            try skipBlanks()
            members.append(JSON5Node.Member(name: name, namePosition: position, node: try value()))
            try skipBlanks()
            guard scanner.skip(",") || scanner.current == "}" else {
                throw expected("',' or '}' after the value of '\(name)'")
            }
        }
        depth -= 1
        return members
    }

    private mutating func array() throws(JSON5Error) -> [JSON5Node] {
        try enter()
        var elements: [JSON5Node] = []
        while true {
            try skipBlanks()
            if scanner.skip("]") { break }
            elements.append(try value())
            try skipBlanks()
            guard scanner.skip(",") || scanner.current == "]" else { throw expected("',' or ']' in the list") }
        }
        depth -= 1
        return elements
    }

    /// Steps into an object or a list.
    private mutating func enter() throws(JSON5Error) {
        guard depth < Self.depthLimit else {
            throw JSON5Error(
                code: .tooDeep, message: "nested more than \(Self.depthLimit) deep", position: scanner.position)
        }
        depth += 1
        scanner.advance()
    }

    /// The words that stand for values.
    private mutating func word() throws(JSON5Error) -> JSON5Node.Value {
        let position = scanner.position
        let problem = expected("a value")
        switch scanner.takeWhile(Self.continuesName) {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null": return .null
        case "Infinity": return .number(.infinity)
        case "NaN": return .number(.nan)
        case "": throw problem
        default:
            // The word is not repeated: it may be a secret whose quotes were forgotten.
            throw scanner.error("this is no value; text stands in quotes", at: position)
        }
    }

    /// White space and comments.
    private mutating func skipBlanks() throws(JSON5Error) {
        while let scalar = scanner.current {
            if scalar == "/" {
                try skipComment()
            } else if scalar.properties.isWhitespace || scalar == "\u{FEFF}" {
                scanner.advance()
            } else {
                return
            }
        }
    }

    private mutating func skipComment() throws(JSON5Error) {
        let position = scanner.position
        switch scanner.following {
        case "/":
            _ = scanner.takeWhile { !Self.endsLine($0) }
        case "*":
            scanner.advance()
            scanner.advance()
            while !(scanner.current == "*" && scanner.following == "/") {
                guard scanner.take() != nil else { throw scanner.error("this comment has no end", at: position) }
            }
            scanner.advance()
            scanner.advance()
        default:
            throw scanner.error("a comment begins with '//' or '/*'")
        }
    }

    func expected(_ what: String) -> JSON5Error {
        scanner.error("expected \(what), found \(scanner.found)")
    }

    static func endsLine(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\n" || scalar == "\r" || scalar == "\u{2028}" || scalar == "\u{2029}"
    }
}
