public import Wording

/// A JSON value, read whole. For messages that come now and then; those that come with each frame are scanned.
public enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// What a text may cost.
    public struct Limits: Hashable, Sendable {
        public var bytes: Int
        public var values: Int
        public var depth: Int

        public init(bytes: Int = 1 << 20, values: Int = 1 << 16, depth: Int = JSONScanner.defaultDepthLimit) {
            self.bytes = bytes
            self.values = values
            self.depth = depth
        }
    }

    /// Reads a text strictly (RFC 8259): one value, UTF-8, nothing but blanks around it.
    ///
    /// Where an object names a member twice the last one counts. Half of a surrogate pair, which no Unicode text can
    /// hold, becomes U+FFFD: an event is worth more than a broken character.
    public init(parsing text: Span<UInt8>, limits: Limits = Limits()) throws(JSONError) {
        guard text.count <= limits.bytes else { throw .tooLarge(limit: limits.bytes) }
        guard (try? UTF8Span(validating: text)) != nil else { throw .notUTF8 }
        var reader = JSONReader(limits: limits)
        self = try reader.whole(text)
    }

    public var kind: JSONKind {
        switch self {
        case .null: .null
        case .bool: .bool
        case .number: .number
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }

    /// Writes the value as it is: numbers keep their digits, members their order.
    public func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .bool(let value): json.bool(value)
        case .number(let value): json.verbatim(value.text)
        case .string(let value): json.string(value)
        case .array(let elements):
            json.array { for element in elements { element.write(to: &$0) } }
        case .object(let object):
            json.object {
                for member in object.members {
                    $0.key(member.name)
                    member.value.write(to: &$0)
                }
            }
        }
    }
}

/// Builds values while it walks; one level of recursion for each level of the text, within the depth limit.
private struct JSONReader {
    private var scanner: JSONScanner
    private var valuesLeft: Int
    private let limits: JSONValue.Limits

    init(limits: JSONValue.Limits) {
        scanner = JSONScanner(depthLimit: limits.depth)
        valuesLeft = limits.values
        self.limits = limits
    }

    mutating func whole(_ text: Span<UInt8>) throws(JSONError) -> JSONValue {
        let value = try value(in: text)
        try scanner.end(in: text)
        return value
    }

    private mutating func value(in text: Span<UInt8>) throws(JSONError) -> JSONValue {
        guard valuesLeft > 0 else { throw .tooManyValues(limit: limits.values) }
        valuesLeft -= 1
        switch try scanner.kind(in: text) {
        case .object: return .object(try object(in: text))
        case .array: return .array(try array(in: text))
        case .string: return .string(try scanner.value(in: text).string(in: text))
        case .number: return .number(JSONNumber(text: try scanner.value(in: text).string(in: text)))
        case .bool: return .bool(try scanner.value(in: text).range.count == 4)
        case .null:
            _ = try scanner.value(in: text)
            return .null
        }
    }

    private mutating func object(in text: Span<UInt8>) throws(JSONError) -> JSONObject {
        var members: [JSONObject.Member] = []
        _ = try scanner.enterObject(in: text)
        while let key = try scanner.nextKey(in: text) {
            members.append(JSONObject.Member(name: key.string(in: text), value: try value(in: text)))
        }
        return JSONObject(members)
    }

    private mutating func array(in text: Span<UInt8>) throws(JSONError) -> [JSONValue] {
        var elements: [JSONValue] = []
        _ = try scanner.enterArray(in: text)
        while try scanner.nextElement(in: text) { elements.append(try value(in: text)) }
        return elements
    }
}
