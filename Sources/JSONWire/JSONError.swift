/// What is wrong with a JSON text, or with what it holds.
public enum JSONError: Error, Hashable, Sendable {
    case tooLarge(limit: Int)
    case tooDeep(limit: Int)
    case tooManyValues(limit: Int)
    case notUTF8
    /// The text breaks JSON's grammar at this byte.
    case malformed(at: Int)
    /// The text is JSON, but lacks this member.
    case missing(String)
    /// The text is JSON, but this member (or, with no name, the whole) is of another kind than it must be.
    case wrongType(String, expected: JSONKind, found: JSONKind)
    /// The member is of the right kind, but its value is none that it can have.
    case invalidValue(String)

    /// Whether the text is JSON at all; what it holds may still be wrong.
    public var isShape: Bool {
        switch self {
        case .missing, .wrongType, .invalidValue: true
        case .tooLarge, .tooDeep, .tooManyValues, .notUTF8, .malformed: false
        }
    }

    /// The same, for a member of the object that stands at this place: its name is told from there.
    public func inside(_ place: String) -> JSONError {
        switch self {
        case .missing(let name): .missing("\(place).\(name)")
        case .wrongType(let name, let expected, let found):
            .wrongType(name.isEmpty ? place : "\(place).\(name)", expected: expected, found: found)
        case .invalidValue(let name): .invalidValue("\(place).\(name)")
        case .tooLarge, .tooDeep, .tooManyValues, .notUTF8, .malformed: self
        }
    }

    public var code: String {
        switch self {
        case .tooLarge: "json.too_large"
        case .tooDeep: "json.too_deep"
        case .tooManyValues: "json.too_many_values"
        case .notUTF8: "json.not_utf8"
        case .malformed: "json.malformed"
        case .missing: "json.missing"
        case .wrongType: "json.wrong_type"
        case .invalidValue: "json.invalid_value"
        }
    }

    public var message: String {
        switch self {
        case .tooLarge(let limit): "The JSON text is longer than \(limit) bytes."
        case .tooDeep(let limit): "The JSON text is nested more than \(limit) deep."
        case .tooManyValues(let limit): "The JSON text holds more than \(limit) values."
        case .notUTF8: "The JSON text is not UTF-8."
        case .malformed(let offset): "The text is not JSON from byte \(offset) on."
        case .missing(let name): "The member '\(name)' is missing."
        case .wrongType("", let expected, let found): "The JSON text must be \(expected.noun), but is \(found.noun)."
        case .wrongType(let name, let expected, let found):
            "The member '\(name)' must be \(expected.noun), but is \(found.noun)."
        case .invalidValue(let name): "The member '\(name)' has a value that it cannot have."
        }
    }
}

/// The kinds of JSON values.
public enum JSONKind: Hashable, Sendable {
    case null
    case bool
    case number
    case string
    case array
    case object

    var noun: String {
        switch self {
        case .null: "null"
        case .bool: "a truth value"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
