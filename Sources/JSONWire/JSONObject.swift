/// The members of an object in their order, each name once; names are compared by code points.
public struct JSONObject: Hashable, Sendable {
    public struct Member: Hashable, Sendable {
        public let name: String
        public let value: JSONValue

        public init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    public let members: [Member]

    /// Where a name comes twice the last value counts, at the place of the first.
    public init(_ members: [Member] = []) {
        self.members = Self.resolved(members)
    }

    /// Reads a text that must be an object.
    public init(parsing text: Span<UInt8>, limits: JSONValue.Limits = JSONValue.Limits()) throws(JSONError) {
        let value = try JSONValue(parsing: text, limits: limits)
        guard case .object(let object) = value else {
            throw .wrongType("", expected: .object, found: value.kind)
        }
        self = object
    }

    public subscript(name: String) -> JSONValue? {
        members.first { $0.name.hasSameBytes(as: name) }?.value
    }

    private static func resolved(_ members: [Member]) -> [Member] {
        // Nearly every object is small, and then comparing pairs is cheaper than hashing.
        if members.count <= 16 {
            let isUnique = members.indices.allSatisfy { index in
                !members[..<index].contains { $0.name.hasSameBytes(as: members[index].name) }
            }
            if isUnique { return members }
        }
        var places: [[UInt8]: Int] = [:]
        var unique: [Member] = []
        for member in members {
            let name = Array(member.name.utf8)
            if let place = places[name] {
                unique[place] = member
            } else {
                places[name] = unique.count
                unique.append(member)
            }
        }
        return unique
    }
}

extension JSONObject {
    public func string(_ name: String) throws(JSONError) -> String {
        try required(name, optionalString(name))
    }

    public func integer(_ name: String) throws(JSONError) -> Int64 {
        try required(name, optionalInteger(name))
    }

    public func number(_ name: String) throws(JSONError) -> Double {
        try required(name, optionalNumber(name))
    }

    public func bool(_ name: String) throws(JSONError) -> Bool {
        try required(name, optionalBool(name))
    }

    public func array(_ name: String) throws(JSONError) -> [JSONValue] {
        try required(name, optionalArray(name))
    }

    public func object(_ name: String) throws(JSONError) -> JSONObject {
        try required(name, optionalObject(name))
    }

    /// Nil when the member is missing or null, as with the others of this kind.
    public func optionalString(_ name: String) throws(JSONError) -> String? {
        guard let value = present(name) else { return nil }
        guard case .string(let string) = value else {
            throw .wrongType(name, expected: .string, found: value.kind)
        }
        return string
    }

    /// A number with a fraction, or one that does not fit, is an invalid value.
    public func optionalInteger(_ name: String) throws(JSONError) -> Int64? {
        guard let number = try optionalExactNumber(name) else { return nil }
        guard let integer = number.integer else { throw .invalidValue(name) }
        return integer
    }

    public func optionalNumber(_ name: String) throws(JSONError) -> Double? {
        guard let number = try optionalExactNumber(name) else { return nil }
        guard let double = number.double else { throw .invalidValue(name) }
        return double
    }

    public func optionalExactNumber(_ name: String) throws(JSONError) -> JSONNumber? {
        guard let value = present(name) else { return nil }
        guard case .number(let number) = value else {
            throw .wrongType(name, expected: .number, found: value.kind)
        }
        return number
    }

    public func optionalBool(_ name: String) throws(JSONError) -> Bool? {
        guard let value = present(name) else { return nil }
        guard case .bool(let bool) = value else { throw .wrongType(name, expected: .bool, found: value.kind) }
        return bool
    }

    public func optionalArray(_ name: String) throws(JSONError) -> [JSONValue]? {
        guard let value = present(name) else { return nil }
        guard case .array(let array) = value else { throw .wrongType(name, expected: .array, found: value.kind) }
        return array
    }

    public func optionalObject(_ name: String) throws(JSONError) -> JSONObject? {
        guard let value = present(name) else { return nil }
        guard case .object(let object) = value else {
            throw .wrongType(name, expected: .object, found: value.kind)
        }
        return object
    }

    private func present(_ name: String) -> JSONValue? {
        guard let value = self[name], value != .null else { return nil }
        return value
    }

    private func required<Value>(_ name: String, _ value: Value?) throws(JSONError) -> Value {
        guard let value else { throw .missing(name) }
        return value
    }
}

extension String {
    /// Unlike `==`, which takes é in one scalar and in two for the same.
    fileprivate func hasSameBytes(as other: String) -> Bool {
        utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
    }
}
