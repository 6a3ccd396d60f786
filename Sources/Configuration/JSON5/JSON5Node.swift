public import Wording

/// Where something stands in a file, both counted from 1; columns in Unicode scalars.
public struct SourcePosition: Hashable, Sendable, CustomStringConvertible {
    public let line: Int
    public let column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public var description: String { "\(line):\(column)" }
}

/// A value in a JSON5 file and where it begins.
public struct JSON5Node: Hashable, Sendable {
    public struct Member: Hashable, Sendable {
        public let name: String
        public let namePosition: SourcePosition
        public let node: JSON5Node
    }

    public enum Value: Hashable, Sendable {
        case null
        case bool(Bool)
        /// Written as a whole number that fits.
        case integer(Int64)
        /// Every other number, infinity and "not a number" included.
        case number(Double)
        case string(String)
        case array([JSON5Node])
        /// In the file's order; no name comes twice.
        case object([Member])
    }

    public let value: Value
    public let position: SourcePosition

    public init(_ value: Value, at position: SourcePosition) {
        self.value = value
        self.position = position
    }

    /// As plain JSON. Infinity and "not a number" come out as strings: refuse them before.
    public func write(to json: inout JSONWriter) {
        switch value {
        case .null: json.null()
        case .bool(let flag): json.bool(flag)
        case .integer(let number): json.integer(number)
        case .number(let number): json.number(number)
        case .string(let text): json.string(text)
        case .array(let elements):
            json.array { json in
                for element in elements { element.write(to: &json) }
            }
        case .object(let members):
            json.object { json in
                for member in members {
                    json.key(member.name)
                    member.node.write(to: &json)
                }
            }
        }
    }

    /// What stands there, for a sentence about why it does not fit.
    var shown: String {
        switch value {
        case .bool(let flag): String(flag)
        case .integer(let number): "the number \(number)"
        case .number(let number): "the number \(number)"
        case .string(let text): "\"\(VisibleText.escaping(text, limit: 64))\""
        case .null, .array, .object: kind
        }
    }

    /// The same where the content is none of the reader's business: it may be a secret in the wrong place.
    var kind: String {
        switch value {
        case .null: "null"
        case .bool: "true or false"
        case .integer, .number: "a number"
        case .string: "text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

/// Why a text is not JSON5.
public struct JSON5Error: Error, Hashable, Sendable {
    public enum Code: String, Sendable {
        case tooLarge = "json5.too_large"
        case tooDeep = "json5.too_deep"
        case notUTF8 = "json5.not_utf8"
        case duplicateKey = "json5.duplicate_key"
        case syntax = "json5.syntax"
    }

    public let code: Code
    public let message: String
    public let position: SourcePosition
}
